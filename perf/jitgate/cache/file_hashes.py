"""SHA-256 of large files, stored: a checkpoint of gigabytes is read once, not in every run."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

SETTLED_S = 2.0
"""A file that was written less than this before it was read may be written again under the same time stamp (file
systems that keep whole seconds, or two): its digest is not remembered."""


class FileHashes:
    """Digests by content, kept in `store` under path, size and time of the last change in nanoseconds.

    A store that can't be read or written costs time, and nothing else.
    """

    def __init__(self, store: Path) -> None:
        self._store = store

    def of(self, path: Path) -> str:
        """SHA-256 of `path` in hex digits. OSError where it can't be read."""
        before = path.stat()
        key = f"{path.resolve()}|{before.st_size}|{before.st_mtime_ns}"
        known = self._read()
        if key in known:
            return known[key]
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if time.time() - before.st_mtime > SETTLED_S:
            self._write({**self._read(), key: digest})
        return digest

    def _read(self) -> dict[str, str]:
        try:
            known = json.loads(self._store.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        whole = isinstance(known, dict) and all(isinstance(digest, str) for digest in known.values())
        return known if whole else {}

    def _write(self, known: dict[str, str]) -> None:
        draft = self._store.with_name(f"{self._store.name}.draft-{os.getpid()}")
        try:
            draft.write_text(json.dumps(known, indent=1), encoding="utf-8")
            draft.replace(self._store)
        except OSError:
            draft.unlink(missing_ok=True)
