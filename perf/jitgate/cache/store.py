"""Exported files, kept by content: what was built once for the same source, weights and runtime is not built again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from jitgate.cache.file_hashes import FileHashes
from jitgate.cache.pruning import used
from jitgate.model.errors import UsageError

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Artefact:
    """One exported file. `export_s` is what building it took, `facts` what its engine checks at load.

    built_at: the day, as in `2026-11-22` (UTC); None in a manifest of an earlier version, which did not say.
    """

    path: Path
    size_bytes: int
    export_s: float
    facts: Mapping[str, str] = field(default_factory=dict)
    built_at: str | None = None


class ArtefactCache:
    """A folder with one folder a key: the file, and a manifest written last, so that half a file never counts.

    Raises UsageError where the folder can't be written.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            root.mkdir(parents=True, exist_ok=True)
            probe = root / f".writable-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise UsageError(
                f"the artefact cache {root} can't be written ({error.strerror}); choose another with "
                "--jitgate-cache DIR"
            ) from error

    @property
    def file_hashes(self) -> FileHashes:
        """Digests of files that lie elsewhere, remembered here."""
        return FileHashes(self._root / "digests.json")

    def find(self, key: str) -> tuple[Artefact | None, str | None]:
        """The artefact of `key`, whole and unchanged; or None, and a warning where there was a damaged one."""
        folder = self._root / key
        manifest = folder / MANIFEST
        if not folder.exists():
            return None, None
        try:
            said = json.loads(manifest.read_text(encoding="utf-8"))
            artefact = Artefact(
                folder / said["file"], said["size_bytes"], said["export_s"], said["facts"], said.get("built_at")
            )
            with artefact.path.open("rb") as file:
                whole = hashlib.file_digest(file, "sha256").hexdigest() == said["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            whole = False
        if whole:
            used(folder)
            return artefact, None
        return None, f"the cached artefact {folder} is damaged and is built again"

    def folder(self, name: str) -> Path:
        """A folder in the cache for something else."""
        return self._root / name

    def of_tree(self, commit: str, role: str) -> ArtefactCache:
        """The cache of a checkout of another commit, which shares no file with this one."""
        return ArtefactCache(self._root / f"{commit[:12] or 'directory'}-{role}")

    def emptied(self, name: str) -> ArtefactCache:
        """A cache of its own that has nothing yet."""
        shutil.rmtree(self._root / name, ignore_errors=True)
        return ArtefactCache(self._root / name)

    def draft(self, key: str, name: str) -> Path:
        """Where to build the file of `key`; `keep` then moves it in place."""
        folder = self._root / f"{key}.draft-{os.getpid()}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder / name

    def keep(self, key: str, draft: Path, export_s: float, facts: Mapping[str, str]) -> Artefact:
        """Put a finished draft under its key."""
        with draft.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size_bytes, built_at = draft.stat().st_size, datetime.now(UTC).date().isoformat()
        said = {
            "file": draft.name,
            "size_bytes": size_bytes,
            "sha256": digest,
            "export_s": export_s,
            "facts": dict(facts),
            "built_at": built_at,
        }
        (draft.parent / MANIFEST).write_text(json.dumps(said, indent=1), encoding="utf-8")
        folder = self._root / key
        shutil.rmtree(folder, ignore_errors=True)
        draft.parent.replace(folder)
        return Artefact(folder / draft.name, size_bytes, export_s, facts, built_at)

    def discard(self, draft: Path) -> None:
        """Forget a draft that did not become an artefact."""
        shutil.rmtree(draft.parent, ignore_errors=True)

    @contextlib.contextmanager
    def locked(self, key: str, wait_s: float) -> Iterator[None]:
        """Only one process builds `key`; the others wait here and then find it. UsageError after `wait_s`."""
        lock = FileLock(self._root / f"{key}.lock")
        try:
            lock.acquire(timeout=wait_s)
        except Timeout as error:
            raise UsageError(
                f"another run has been building into {self._root} for over {wait_s:.0f} s; wait for it, "
                "or choose another with --jitgate-cache DIR"
            ) from error
        try:
            yield
        finally:
            lock.release()
