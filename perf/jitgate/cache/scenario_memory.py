"""What factories answered in earlier runs, while all that they read has the same content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from jitgate.cache.file_hashes import FileHashes
from jitgate.cache.keys import digest_of
from jitgate.cache.kv_store import KeyValueStore
from jitgate.model.reads import ListedScenarios, Reads

NAMES, FILES, FOLDERS, VARIABLES, DIGEST = "scenarios", "files", "folders", "variables", "digest"

LARGE_BYTES = 1 << 20
"""A file above this is not read in every run: its digest is stored under its size and its time."""


class ScenarioMemory:
    """Answers by factory, kept in `folder`. facts: of the run, whatever an answer depends on and no worker reads.

    What was read is compared by content before an answer counts. An answer is not kept where a part of what was read
    has no content that could be compared, or has changed since the process was asked.
    """

    def __init__(self, folder: Path, facts: Mapping[str, object]) -> None:
        self._kept = KeyValueStore(folder)
        self._hashes = FileHashes(folder / "digests.json")
        self._forgotten: set[str] = set()
        path = [part or str(Path.cwd()) for part in sys.path]
        self._facts = {
            **facts,
            "python": sys.version,
            "folder": str(Path.cwd()),
            "path": path,
            "installed": [line for part in path for line in _installed(Path(part))],
        }

    def find(self, factory: str) -> tuple[str, ...] | None:
        """The scenarios that `factory` gave, none for the factory of a variant; None where that is not known."""
        said = {} if factory in self._forgotten else self._kept.find(self._key(factory))
        try:
            parts = (tuple(map(str, said[key])) for key in (NAMES, FILES, FOLDERS, VARIABLES))
            names, files, folders, variables = parts
            same = said[DIGEST] == self._digest(Reads(files, folders, variables))
        except (KeyError, TypeError, ValueError, OSError):  # also a path that no system takes
            return None
        return names if same else None

    def keep(self, factory: str, answer: ListedScenarios, asked_at: float) -> None:
        """Remember an answer. asked_at: by `time.time`, from before the process that answered read anything."""
        reads = answer.reads
        with contextlib.suppress(OSError):
            if reads.unseen or any(_changed_at(Path(path)) >= asked_at for path in reads.files):
                return
            said = {NAMES: answer.names, FILES: reads.files, FOLDERS: reads.folders, VARIABLES: reads.variables}
            self._kept.keep(self._key(factory), {**said, DIGEST: self._digest(reads)})

    def forget(self, factory: str) -> None:
        """Let the factory be asked again, in this run and in the next."""
        self._forgotten.add(factory)
        self._kept.keep(self._key(factory), {})

    def _key(self, factory: str) -> str:
        return digest_of({**self._facts, "factory": factory})

    def _digest(self, reads: Reads) -> str:
        return digest_of(
            {FILES: [self._content(Path(path)) for path in reads.files]}
            | {FOLDERS: [_names(Path(path)) for path in reads.folders]}
            | {VARIABLES: [os.environ.get(name) for name in reads.variables]}
        )

    def _content(self, path: Path) -> str | None:
        if not path.is_file():
            return "folder" if path.is_dir() else None
        if path.stat().st_size > LARGE_BYTES:
            return self._hashes.of(path)
        return hashlib.sha256(path.read_bytes()).hexdigest()


def _changed_at(path: Path) -> float:
    return path.stat().st_mtime if path.is_file() else 0.0


def _names(folder: Path) -> list[str] | None:
    """What lies in a folder, but for what Python and tools keep there for themselves; None where there is none."""
    if not folder.is_dir():
        return None
    return sorted(path.name for path in folder.iterdir() if path.name != "__pycache__" and path.name[0] != ".")


def _installed(folder: Path) -> Iterator[str]:
    """Each distribution that is installed in a folder of `sys.path`: its name has the version, and its time shows when
    it was installed again."""
    with contextlib.suppress(OSError):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth")):
                yield f"{entry.path} {entry.stat().st_mtime_ns}"
