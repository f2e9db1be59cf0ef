"""The little of GitHub's API that a sticky comment needs, on the standard library."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from jitgate.report.pull_request.data import LONGEST_BYTES, NotBelieved

TIMEOUT_S = 60

PAGE, MOST_PAGES = 100, 50
"""GitHub gives at most 100 at a time; nothing has 5,000 comments that matter."""

MEMBER = "pull-request.json"
"""The one file of an artefact."""

LONGEST_ANSWER_BYTES = 32 << 20
"""Of an answer of the API: 100 comments of 64 KiB are 6 MiB."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """An artefact lies on another host, which must not get the token."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True)
class GitHub:
    """api: as in https://api.github.com. repository: OWNER/NAME. token: of the job."""

    api: str
    repository: str
    token: str

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The answer to a request below the repository. OSError where GitHub refuses it."""
        return json.loads(self._bytes(self._request(method, path, body), LONGEST_ANSWER_BYTES) or b"null")

    def pages(self, path: str, within: str = "", **query: str) -> Iterator[Any]:
        """Everything of a list, page by page. within: the key of the list, where the answer is no list itself."""
        for page in range(1, MOST_PAGES + 1):
            found = self.ask("GET", f"{path}?{urlencode({**query, 'per_page': str(PAGE), 'page': str(page)})}")
            listed = found[within] if within else found
            yield from listed
            if len(listed) < PAGE:
                return

    def open_pulls(self, owner: str, branch: str) -> Iterator[Any]:
        """The open pull requests from a branch of a fork, or of the repository itself."""
        return self.pages("/pulls", state="open", head=f"{owner}:{branch}")

    def artefact(self, identity: int) -> bytes:
        """The file of an artefact. Raises `NotBelieved` for a zip that holds anything else, or more than it may."""
        request = self._request("GET", f"/actions/artifacts/{identity}/zip", None)
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=TIMEOUT_S) as answer:
                packed = _limited(answer, LONGEST_BYTES)
        except urllib.error.HTTPError as moved:
            where = moved.headers.get("Location", "")
            if moved.code not in (301, 302, 303, 307, 308) or not where.startswith(("https://", f"{self.api}/")):
                raise
            packed = self._bytes(urllib.request.Request(where), LONGEST_BYTES)  # noqa: S310 - https, or the API itself
        return unpacked(packed)

    def _request(self, method: str, path: str, body: Mapping[str, object] | None) -> urllib.request.Request:
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "jitgate",
        }
        address = f"{self.api}/repos/{quote(self.repository)}{path}"
        return urllib.request.Request(address, data, headers, method=method)  # noqa: S310 - the API that the job names

    def _bytes(self, request: urllib.request.Request, longest: int) -> bytes:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
            return _limited(answer, longest)


def unpacked(packed: bytes) -> bytes:
    """The one file of a zip, whatever its head says of its size."""
    content = b""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            names = archive.namelist()
            if names == [MEMBER]:
                with archive.open(MEMBER) as file:
                    content = file.read(LONGEST_BYTES + 1)
    except Exception as error:  # a forged one makes zipfile and its decompressors raise errors of many kinds
        raise NotBelieved("the artefact is no zip that can be read") from error
    if names != [MEMBER]:
        raise NotBelieved(f"the artefact holds other files than {MEMBER}")
    return _within(content, LONGEST_BYTES)


def _limited(file: Any, longest: int) -> bytes:
    return _within(file.read(longest + 1), longest)


def _within(content: bytes, longest: int) -> bytes:
    if len(content) > longest:
        raise NotBelieved(f"it is larger than {longest} bytes")
    return content
