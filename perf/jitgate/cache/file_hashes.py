"""SHA-256 of large files, stored: a checkpoint of gigabytes is read once, not in every run."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from jitgate.cache.kv_store import KeyValueStore
from jitgate.model.plain_file import open_plain

SETTLED_S = 2.0
"""A file that was written less than this before it was read may be written again under the same time stamp (file
systems that keep whole seconds, or two): its digest is not remembered."""


class FileHashes:
    """Digests by content, kept in `store` under path, size and time of the last change in nanoseconds.

    A store that can't be read or written costs time, and nothing else.
    """

    def __init__(self, store: Path) -> None:
        self._kept, self._name = KeyValueStore(store.parent), store.stem

    def of(self, path: Path) -> str:
        """SHA-256 of `path` in hex digits. OSError where it can't be read."""
        before = path.stat()
        key = f"{path.resolve()}|{before.st_size}|{before.st_mtime_ns}"
        known = self._kept.find(self._name).get(key)
        if isinstance(known, str):
            return known
        with open_plain(path, follow=True) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if time.time() - before.st_mtime > SETTLED_S:
            self._kept.keep(self._name, {**self._kept.find(self._name), key: digest})
        return digest
