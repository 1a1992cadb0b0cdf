"""What moto holds, written to a file and read back, so that it outlives the process."""

from __future__ import annotations

import json
import pickle
from collections import defaultdict
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from moto.backends import get_backend
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.iam.models import AWSManagedPolicy

_HEADER = json.dumps({"moto": version("moto"), "format": 1}).encode() + b"\n"


class SnapshotError(Exception):
    """A snapshot that this version does not read; one line that says what to do."""


class _Pickler(pickle.Pickler):
    """Knows the few things of moto's that pickle does not, or that need not be written."""

    def reducer_override(self, obj: Any) -> Any:
        match obj:
            # Models refer to these, of which the new process has its own.
            case BackendDict():
                return get_backend, (obj.service_name,)
            case AccountSpecificBackend():
                return _of_account, (obj.service_name, obj.account_id)
            # 1,300 texts of AWS's in each of 6 partitions.
            case AWSManagedPolicy() if obj.attachment_count == 0:
                return _managed_policy, (obj.account_id, obj.arn)
            case defaultdict():
                made = _default_dictionary, (type(obj), _factory(obj))
                return *made, getattr(obj, "__dict__", None) or None, None, iter(obj.items())
            case RSAPrivateKey() | EllipticCurvePrivateKey():
                written = obj.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
                return _private_key, (written,)
        return NotImplemented


def _of_account(service: Any, account: str) -> AccountSpecificBackend[Any]:
    return get_backend(service)[account]


def _managed_policy(account: str, arn: str) -> Any:
    partition = arn.split(":")[1]
    return get_backend("iam")[account][partition].managed_policies[arn]


def _default_dictionary(kind: type[defaultdict[Any, Any]], factory: Any) -> defaultdict[Any, Any]:
    """Without the arguments that moto's own kinds want."""
    made = kind.__new__(kind)
    made.default_factory = factory
    return made


def _factory(dictionary: defaultdict[Any, Any]) -> Any:
    """moto's only lambda makes dictionaries of dictionaries; a function can be pickled by name."""
    factory = dictionary.default_factory
    return _dictionaries if getattr(factory, "__name__", "") == "<lambda>" else factory


def _dictionaries() -> defaultdict[Any, dict[Any, Any]]:
    return defaultdict(dict)


def _private_key(written: bytes) -> Any:
    return load_der_private_key(written, None)


def taken() -> bytes:
    """Everything that moto holds now. No request may be answered meanwhile."""
    found = {
        (backends.service_name, account): dict(regions)
        for backends in BackendDict._instances
        for account, regions in backends.items()
    }
    written = BytesIO()
    _Pickler(written, protocol=pickle.HIGHEST_PROTOCOL).dump(found)
    return _HEADER + written.getvalue()


def restore(file: Path) -> None:
    """Give moto what the file holds. The file must be of this user: reading it runs what it says.

    Raises SnapshotError for one of another version of moto.
    """
    with file.open("rb") as opened:
        if opened.readline() != _HEADER:
            raise SnapshotError(
                f"{file}: was made with another version of moto, and what is emulated can only be "
                f"made anew: remove {file.parent}"
            )
        found = pickle.load(opened)
    for (service, account), regions in found.items():
        for region, backend in regions.items():
            dict.__setitem__(get_backend(service)[account], region, backend)
