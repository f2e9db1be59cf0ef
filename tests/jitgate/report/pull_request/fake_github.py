"""GitHub's API as far as a sticky comment goes: a real server with pull requests, artefacts and comments."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jitgate.report.pull_request.github import MEMBER

BOT = {"login": "github-actions[bot]", "type": "Bot"}


def packed(content: bytes, name: str = MEMBER) -> bytes:
    """A zip of one file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


@dataclass
class FakeGitHub:
    """head: commit of the one open pull request, of `stranger:fix`. artefacts: (run, name) -> the zip."""

    head: str = "a" * 40
    number: int = 7
    artefacts: dict[tuple[int, str], bytes] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    told_size: int | None = None
    url: str = ""
    tokens: set[str] = field(default_factory=set)

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        """The answer to a request; bytes for a file, None for what is not there."""
        parts = path.strip("/").split("/")[3:]
        page = int(query.get("page", "1"))
        match [method, *parts]:
            case ["GET", "pulls"]:
                return [{"number": self.number, "head": {"sha": self.head}}] if query["head"] == "stranger:fix" else []
            case ["GET", "actions", "runs", run, "artifacts"]:
                every = [(place, key) for place, key in enumerate(self.artefacts, 1) if key[0] == int(run)]
                listed = [
                    {"id": place, "name": key[1], "expired": False, "size_in_bytes": self._size(key)}
                    for place, key in every
                ]
                return {"total_count": len(listed), "artifacts": listed[100 * (page - 1) : 100 * page]}
            case ["GET", "actions", "artifacts", identity, "zip"]:
                return f"{self.url}/elsewhere/{identity}"
            case ["GET", "issues", _, "comments"]:
                return self.comments[100 * (page - 1) : 100 * page]
            case ["POST", "issues", _, "comments"]:
                self.comments.append({"id": len(self.comments) + 1000, "user": BOT, **body})
                return self.comments[-1]
            case ["PATCH", "issues", "comments", identity]:
                (found,) = [each for each in self.comments if each["id"] == int(identity)]
                found.update(body)
                return found
            case ["DELETE", "issues", "comments", identity]:
                self.comments[:] = [each for each in self.comments if each["id"] != int(identity)]
                return None
        raise AssertionError((method, path))

    def _size(self, key: tuple[int, str]) -> int:
        return len(self.artefacts[key]) if self.told_size is None else self.told_size


@contextmanager
def serving(fake: FakeGitHub) -> Iterator[FakeGitHub]:
    """Answer on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            parts = urlsplit(self.path)
            fake.asked.append((self.command, parts.path))
            if parts.path.startswith("/elsewhere/"):
                assert "Authorization" not in self.headers, "the token went to another host"
                return self.send(200, list(fake.artefacts.values())[int(parts.path.rpartition("/")[2]) - 1])
            fake.tokens.add(self.headers["Authorization"])
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            found = fake.answer(self.command, parts.path, query, body)
            if isinstance(found, str):
                return self.send(302, b"", found)
            return self.send(204 if found is None else 200, b"" if found is None else json.dumps(found).encode())

        do_GET = do_POST = do_PATCH = do_DELETE = respond  # noqa: N815 - as the server calls them

        def send(self, code: int, content: bytes, location: str = "") -> None:
            self.send_response(code)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
