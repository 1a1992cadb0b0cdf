"""The forms of what git takes: repositories and revisions."""

import re

from constructs_lib.formats.text import refuse, text
from constructs_lib.problems import literal


def repository(value: object) -> str:
    """An https URL that git can clone without asking for anything."""
    written = text(value, "https://github.com/owner/name.git")
    scp = re.fullmatch(r"(?:ssh://)?[\w-]+@([\w.-]+)[:/]([\w./~-]+)", written, re.ASCII)
    if scp:
        raise refuse("is cloned over SSH", f"did you mean {literal(f'https://{scp[1]}/{scp[2]}')}?")
    if re.match(r"[a-z]+://[^/]*@", written):
        shown = re.sub(r"//[^/]*@", "//…@", written)
        raise refuse("holds credentials", "remove them and revoke them", literal(shown))
    if re.match(r"(?:http|git)://", written):
        raise refuse(
            "is not https", f"did you mean {literal('https://' + written.split('://')[1])}?"
        )
    form = r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::([0-9]{1,5}))?(?:/[A-Za-z0-9._~-]+)+"
    found = re.fullmatch(form, written)
    if not found or len(written) > 200 or not 1 <= int(found[1] or 443) <= 65535:
        fix = 'write it such as "https://github.com/owner/name.git"'
        raise refuse("is not an https URL of a repository", fix)
    return written


def revision(value: object) -> str:
    """A branch, tag or commit that is safe to hand to git and to a shell.

    Source of git's part: `git help check-ref-format`.
    """
    written = text(value, "v0.23")
    if written.startswith("-"):
        raise refuse("begins with a hyphen, so git would read an option", "write a tag or a commit")
    git = (
        (r"(?:^|/)\.", 'has a part that begins with "."'),
        (r"\.lock(?:/|$)", 'has a part that ends with ".lock"'),
        (r"\.\.", 'holds ".."'),
        (r"[\x00-\x20\x7f]", "holds white space or a control character"),
        (r"[~^:?*\[\\]", r"holds one of ~ ^ : ? * [ \ "),
        (r"^/|/$|//", 'has an empty part between "/"'),
        (r"\.$", 'ends with "."'),
        (r"@\{|^@$", 'holds "@{" or is "@"'),
    )
    for pattern, reason in git:
        if re.search(pattern, written):
            raise refuse(f"{reason.strip()}, which git refuses", "write a tag, branch or commit")
    unsafe = re.search(r"[^A-Za-z0-9._/+@-]", written)
    if unsafe:
        fix = "use only letters, digits and . _ - / + @"
        raise refuse(f"holds {unsafe[0]!r}, which a shell may not read as text", fix)
    if len(written) > 200:
        raise refuse(f"has {len(written)} characters", "use at most 200")
    return written
