"""What curl would get from AWS: the metadata service, and a Parameter Store kept in a file.

Called by the fake curl as `fake_aws.py URL TARGET`, the body on standard input.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

STORE = Path(os.environ["STATE"]) / "parameters.json"

METADATA = {
    "api/token": "the-token",
    "meta-data/instance-id": "i-0123456789abcdef0",
    "meta-data/iam/info": json.dumps(
        {"InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/microblog-dev"}
    ),
    "meta-data/iam/security-credentials/": "microblog-dev",
    "meta-data/iam/security-credentials/microblog-dev": json.dumps(
        {"AccessKeyId": "an-id", "SecretAccessKey": "a-key", "Token": "a-session"}
    ),
}


def answer(target: str, body: dict[str, Any]) -> dict[str, Any]:
    kept = json.loads(STORE.read_text()) if STORE.exists() else {}
    match target:
        case "AmazonSSM.PutParameter":
            STORE.write_text(json.dumps({**kept, body["Name"]: body["Value"]}, indent=1))
            return {"Version": 1}
        case "AmazonSSM.GetParameters":
            found = [{"Name": name, "Value": kept[name]} for name in body["Names"] if name in kept]
            return {"Parameters": found}
    raise SystemExit(f"fake_aws: not {target}")


def main(url: str, target: str) -> None:
    if os.environ.get("FAIL") == "aws":
        raise SystemExit(7)
    path = url.partition("/latest/")[2]
    if path:
        print(METADATA[path], end="")
    else:
        print(json.dumps(answer(target, json.load(sys.stdin))), 200, sep="\n", end="")


main(*sys.argv[1:])
