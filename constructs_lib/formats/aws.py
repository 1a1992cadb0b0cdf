"""The forms of what AWS names: Regions, types, ids, buckets."""

import re

from constructs_lib.formats.text import refuse, text

LOG_RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
)  # fmt: skip
"""In days. Source: CloudWatch Logs API reference, "PutRetentionPolicy"."""


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


def log_retention(days: int) -> int:
    if days not in LOG_RETENTIONS:
        near = min(LOG_RETENTIONS, key=lambda known: abs(known - days))
        raise refuse("is no retention that CloudWatch Logs offers", f"the nearest is {near}")
    return days


def bucket(value: object) -> str:
    """A name in the namespace that all accounts share.

    Source: AWS page "General purpose bucket naming rules"; `-an` ends the names of the others.
    """
    written = text(value, "microblog-state-1a2b3c")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", written):
        fix = "use 3 to 63 of a-z 0-9 . - with a letter or digit at both ends"
        raise refuse("is not a bucket's name", fix)
    if ".." in written:
        raise refuse("has two periods in a row", "remove one")
    if re.fullmatch(r"[0-9]+(\.[0-9]+){3}", written):
        raise refuse("looks like an IP address", "choose another")
    for prefix in ("xn--", "sthree-", "amzn-s3-demo-"):
        if written.startswith(prefix):
            raise refuse(f'begins with "{prefix}", which S3 keeps', "choose another")
    for suffix in ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an"):
        if written.endswith(suffix):
            raise refuse(f'ends with "{suffix}", which S3 keeps', "choose another")
    return written
