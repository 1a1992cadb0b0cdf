"""How commands and their files are given a password as it stands; the group `value` is it."""

from __future__ import annotations

import re

_VALUE = r"[\"']?(?P<value>[^\s\"'|;&<>]{3,})"
_REST = r"(?:[^\n|;&]|\\\n)*"  # of the same command, which a backslash may continue
_SUDO = r"(?:sudo\s+(?:-\S+\s+)*)?(?:/\S*/)?"
_ACCOUNT = r"[\"']?[\w.-]+:(?P<value>[^\s:'\"|]{3,})"

COMMANDS = tuple(
    re.compile(pattern, re.IGNORECASE if pattern.startswith("(?#sql)") else 0)
    for pattern in (
        rf"\b(?:mysql|mariadb)\w*(?:-\w+)?\s{_REST}-p(?=\S){_VALUE}",
        rf"\bsshpass\s+-p\s*{_VALUE}",
        rf"\b(?:docker|podman|buildah|skopeo|helm|oras)\s+(?:registry\s+)?login\b{_REST}\s-p[\s=]*{_VALUE}",
        rf"\b(?:curl|wget)\b{_REST}\s(?:-[a-zA-Z]*[uU]|--user|--proxy-user)[\s=]*{_ACCOUNT}",
        rf"\bredis-cli\b{_REST}\s-a\s+{_VALUE}",
        rf"(?m)^\s*(?:requirepass|masterauth)\s+{_VALUE}",
        rf"\bhtpasswd\s+-\w*b\w*\s+\S+\s+\S+\s+{_VALUE}",
        rf"\bopenssl\b{_REST}\bpass:{_VALUE}",
        rf"{_ACCOUNT}(?:\\n)?[\"']?\s*\|\s*{_SUDO}chpasswd\b",
        rf"\bchpasswd\b{_REST}<<<\s*{_ACCOUNT}",
        rf"\bchpasswd\b{_REST}<<-?\s*[\"']?\w+[\"']?[^\n]*\n\s*{_ACCOUNT}",
        rf"\b(?:echo|printf)\s+{_VALUE}[\"']?\s*\|\s*{_SUDO}passwd\b",
        rf"\blogin\s+\S+\s+(?:account\s+\S+\s+)?password\s+{_VALUE}",  # netrc
        rf"(?#sql)\bidentified\s+by\s+{_VALUE}",
        rf"(?#sql)\b(?:create|alter)\s+(?:user|role)\b[^;\n]*\bpassword\s+{_VALUE}",
    )
)
