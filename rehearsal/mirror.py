"""The world's servers, on one address: packages, git and AWS, told apart by the name called."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

PACKAGES = "packages.rehearsal.internal"
"""Where the image's apt and pip look: /debian/, and /python/ as a Python package index."""

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass
class Mirror:
    """A WSGI application.

    `folders` are served as they are, by "host/path" ahead of what follows; `aws` answers for AWS.
    What else is asked for is not to be had here, and noted in the file `missed`: one JSON object a
    line, {"address", "url"}.
    """

    folders: Mapping[str, Path]
    wheels: Path
    aws: Wsgi
    missed: Path
    _noted: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        request = Request(environ)
        host = request.host.partition(":")[0]
        if re.search(r"\.amazonaws\.com(\.cn)?$", host):
            return self.aws(environ, start)
        try:
            response = self._served(request, f"{host}{request.path}")
        except NotFound:
            if host != PACKAGES:
                self._note(request.remote_addr or "", request.base_url)
            response = Response("this rehearsal has no mirror of it\n", status=404)
        return response(environ, start)

    def _served(self, request: Request, place: str) -> Response:
        if match := re.fullmatch(rf"{re.escape(PACKAGES)}/python/([^/]+)/", place):
            return self._index(match[1])
        for prefix, folder in self.folders.items():
            if place.startswith(f"{prefix}/"):
                return send_from_directory(folder, place[len(prefix) + 1 :], request.environ)
        raise NotFound

    def _index(self, project: str) -> Response:
        """PEP 503, "Simple Repository API"."""
        wheels = [one.name for one in self.wheels.iterdir() if _project(one.name) == project]
        if not wheels:
            raise NotFound
        links = "".join(
            f'<a href="/wheels/{html.escape(one)}">{html.escape(one)}</a>\n' for one in wheels
        )
        return Response(links, mimetype="text/html")

    def _note(self, address: str, url: str) -> None:
        if (address, url) not in self._noted:
            self._noted.add((address, url))
            with self.missed.open("a", encoding="utf-8") as notes:
                notes.write(json.dumps({"address": address, "url": url}) + "\n")


def _project(file_name: str) -> str:
    """PEP 503, "Normalized Names", of a wheel or a source archive."""
    name = re.split(r"-[0-9]", file_name, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()
