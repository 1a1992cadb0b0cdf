"""How requests reach moto."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from delivery.emulated.application import WHO, Application


class Moto:
    """Counts its requests, and fails where it is told to."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.requests = 0
        self.fails = fails

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.requests += 1
        if self.fails:
            raise self.fails
        start_response("200 OK", [("X-Number", str(self.requests))])
        return [b"request ", str(self.requests).encode()]


def ask(application: Application, **headers: str) -> tuple[str, bytes]:
    told: list[str] = []
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", **headers}
    body = b"".join(application(environ, lambda status, _: told.append(status)))
    return told[0], body


def test_a_request_that_is_sent_again_is_answered_once() -> None:
    moto = Moto()
    application = Application(moto, Path("dev"))
    first = ask(application, HTTP_AMZ_SDK_INVOCATION_ID="a")
    assert ask(application, HTTP_AMZ_SDK_INVOCATION_ID="a") == first == ("200 OK", b"request 1")
    assert ask(application, HTTP_AMZ_SDK_INVOCATION_ID="b") == ("200 OK", b"request 2")
    assert ask(application) == ("200 OK", b"request 3")
    assert ask(application) == ("200 OK", b"request 4")
    assert moto.requests == 4


def test_no_more_than_some_answers_are_remembered() -> None:
    application = Application(Moto(), Path("dev"))
    for number in range(1000):
        ask(application, HTTP_AMZ_SDK_INVOCATION_ID=str(number))
    assert ask(application, HTTP_AMZ_SDK_INVOCATION_ID="999")[1] == b"request 1000"
    assert ask(application, HTTP_AMZ_SDK_INVOCATION_ID="0")[1] == b"request 1001"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"CONTENT_TYPE": "application/x-amz-json-1.1"}, b'"__type": "UnsupportedOperation"'),
        ({"HTTP_AUTHORIZATION": "Credential=x/20260101/us-east-1/ec2/aws4_request"}, b"<Response>"),
        ({"HTTP_AUTHORIZATION": "Credential=x/20260101/us-east-1/iam/aws4_request"}, b"<Type>"),
    ],
)
def test_a_failure_is_told_in_the_protocol_of_the_request(
    headers: dict[str, str], body: bytes
) -> None:
    application = Application(Moto(NotImplementedError("no <such> thing")), Path("dev"))
    status, said = ask(application, **headers)
    assert status == "400 Bad Request"
    assert body in said
    assert b"not emulated: no " in said
    assert b"<such>" not in said or b"__type" in said


def test_who_it_is_changes_nothing() -> None:
    moto = Moto()
    application = Application(moto, Path("somewhere"))
    assert ask(application, PATH_INFO=WHO) == ("200 OK", b"somewhere")
    assert (moto.requests, application.has_changed()) == (0, False)
    ask(application)
    assert application.has_changed()
    application.saved()
    assert not application.has_changed()
