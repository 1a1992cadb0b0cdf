"""The form of single values: each function takes what TOML gave and returns the typed value.

Each raises `refuse(reason, fix)` on anything else.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from pydantic_core import PydanticCustomError

from constructs_lib.addressing import PRIVATE_NETWORKS, UNROUTED_NETWORKS, contains
from constructs_lib.problems import literal
from constructs_lib.quotas import OPERATOR_ADDRESSES

_ADDRESS = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"


def refuse(reason: str, fix: str, shown: str | None = None) -> PydanticCustomError:
    """The error for a value of the wrong form; `shown` stands for a value that holds a secret."""
    return PydanticCustomError("refused", "refused", {"reason": reason, "fix": fix, "shown": shown})


def text(value: object, example: str) -> str:
    if not isinstance(value, str):
        raise refuse("is not text", f'write it in quotes, such as "{example}"')
    if not value:
        raise refuse("is empty", f'write it, such as "{example}"')
    if value != value.strip():
        raise refuse("has white space around it", "remove that")
    return value


def network(value: object) -> IPv4Network:
    """A CIDR without host bits and with its prefix length written out."""
    if isinstance(value, IPv4Network):
        return value
    written = text(value, "10.0.0.0/18")
    if ":" in written:
        raise refuse("is IPv6", 'write an IPv4 CIDR, such as "10.0.0.0/18"')
    base, slash, _length = written.partition("/")
    try:
        found = IPv4Network(written, strict=False)
    except ValueError:
        raise refuse("is not an IPv4 CIDR", 'write it such as "10.0.0.0/18"') from None
    if not slash:
        raise refuse("has no prefix length", f'add it; one address alone is "{found}"')
    if IPv4Address(base) != found[0]:
        raise refuse("has host bits set", f'did you mean "{found}"?')
    if str(found) != written:
        raise refuse("is written unusually", f'did you mean "{found}"?')
    return found


def block(value: object) -> IPv4Network:
    """The CIDR of a VPC or of a subnet.

    Sources: AWS pages "VPC CIDR blocks" and "Subnet CIDR blocks" (/16 to /28), RFC 1918.
    """
    found = network(value)
    if not 16 <= found.prefixlen <= 28:
        kind = "larger" if found.prefixlen < 16 else "smaller"
        raise refuse(f"is {kind} than AWS allows", "choose a prefix length of /16 to /28")
    if not any(contains(private, found) for private in PRIVATE_NETWORKS):
        fix = "choose from " + ", ".join(map(str, PRIVATE_NETWORKS))
        raise refuse("is not a private range, so its hosts would hide public ones", fix)
    return found


def operator_network(value: object) -> IPv4Network:
    """A CIDR that people administer from, of at most OPERATOR_ADDRESSES addresses."""
    found = network(value)
    if found.prefixlen == 0:
        raise refuse("is the whole world", "name the CIDRs your operators come from")
    if found.num_addresses > OPERATOR_ADDRESSES:
        raise refuse("is absurdly wide", "name the CIDRs your operators come from, /8 or narrower")
    for unrouted in UNROUTED_NETWORKS:
        if unrouted.overlaps(found):
            fix = "name the CIDRs your operators come from"
            raise refuse(f"lies in {unrouted}, which no packet comes from", fix)
    return found


def address(value: object) -> IPv4Address:
    if isinstance(value, IPv4Address):
        return value
    written = text(value, "10.0.1.204")
    try:
        return IPv4Address(written)
    except AddressValueError:
        fix = 'write it such as "10.0.1.204"'
        if re.fullmatch(rf"{_ADDRESS}/[0-9]+", written):
            fix = f'did you mean "{written.split("/")[0]}"?'
        raise refuse("is not an IPv4 address", fix) from None


def name(value: object) -> str:
    """A word that Terraform, AWS tags and names, and Parameter Store's paths all take.

    Parameter Store keeps `aws` and `ssm` as prefixes (AWS page "Requirements and constraints for
    parameter names"), EC2 keeps `sg-` (API reference "CreateSecurityGroup"); 24 characters leave
    room in an IAM role's 64.
    """
    written = text(value, "microblog")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", written):
        fix = "use small letters and digits, joined by single hyphens, a letter first"
        raise refuse("is not a name that AWS and Terraform take everywhere", fix)
    if len(written) > 24:
        raise refuse(f"has {len(written)} characters", "use at most 24")
    if written.startswith(("aws", "ssm")) or written.split("-")[0] == "sg":
        raise refuse('begins with "aws", "ssm" or "sg-", which AWS keeps', "choose another")
    return written


def region(value: object) -> str:
    written = text(value, "us-east-1")
    form = r"[a-z]{2,4}(?:-[a-z]{1,12}){1,3}-[0-9]{1,2}"
    if re.fullmatch(form, written):
        return written
    if re.fullmatch(rf"{form}[a-z]", written):
        raise refuse("is an Availability Zone", f'did you mean "{written[:-1]}"?')
    raise refuse("is not an AWS Region's code", 'write it such as "us-east-1"')


def instance_type(value: object) -> str:
    """An x86_64 Linux instance type; its existence in a Region is for AWS to say.

    Source: AWS page "Amazon EC2 instance type naming conventions".
    """
    written = text(value, "t3.micro")
    size = r"(?:nano|micro|small|medium|large|(?:[1-9][0-9]*)?xlarge|metal(?:-[0-9]+xl)?)"
    found = re.fullmatch(rf"([a-z]+)(-?[0-9]+[a-z0-9-]*)\.{size}", written)
    if not found:
        fix = 'write family, dot and size, such as "t3.micro"'
        raise refuse("is not the form of an instance type", fix)
    series, generation = found.groups()
    if series == "mac":
        raise refuse("runs macOS only", 'choose a family such as "t3" or "m7i"')
    if "g" in generation or (series, generation) == ("a", "1"):
        fix = 'choose an x86_64 family such as "t3" or "m7i"'
        raise refuse("is an arm64 (Graviton) type, which cannot boot the amd64 image", fix)
    return written


def image(value: object) -> str:
    return _resource_id(value, "ami")


def vpc_id(value: object) -> str:
    return _resource_id(value, "vpc")


def subnet_id(value: object) -> str:
    return _resource_id(value, "subnet")


def route_table_id(value: object) -> str:
    return _resource_id(value, "rtb")


def _resource_id(value: object, prefix: str) -> str:
    example = f"{prefix}-0123456789abcdef0"
    written = text(value, example)
    if not re.fullmatch(rf"{prefix}-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}})", written):
        fix = f'write "{prefix}-" and 8 or 17 hexadecimal digits, such as "{example}"'
        raise refuse("is not the form of its AWS id", fix)
    return written


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


def bucket(value: object) -> str:
    """Source: AWS page "General purpose bucket naming rules"."""
    written = text(value, "microblog-state-1a2b3c")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", written):
        fix = "use 3 to 63 of a-z 0-9 . - with a letter or digit at both ends"
        raise refuse("is not a bucket's name", fix)
    if ".." in written:
        raise refuse("has two periods in a row", "remove one")
    if re.fullmatch(_ADDRESS, written):
        raise refuse("looks like an IP address", "choose another")
    for prefix in ("xn--", "sthree-", "amzn-s3-demo-"):
        if written.startswith(prefix):
            raise refuse(f'begins with "{prefix}", which S3 keeps', "choose another")
    for suffix in ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"):
        if written.endswith(suffix):
            raise refuse(f'ends with "{suffix}", which S3 keeps', "choose another")
    return written
