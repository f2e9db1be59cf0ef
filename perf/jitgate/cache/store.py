"""Exported files, kept by content: what was built once for the same source, weights and runtime is not built again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from jitgate.cache.file_hashes import FileHashes
from jitgate.cache.pruning import used
from jitgate.model.errors import UsageError
from jitgate.model.file_problem import file_problem
from jitgate.model.plain_file import open_plain, read_json

MANIFEST = "manifest.json"

LONGEST_S = 1e9
"""Seconds that no export takes."""

_TYPES: Mapping[str, Any] = {"file": str, "size_bytes": int, "sha256": str, "export_s": int | float, "facts": dict}

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


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
                f"the artefact cache {root} can't be written ({file_problem(error)}); choose another with "
                "--jitgate-cache DIR"
            ) from error

    @property
    def file_hashes(self) -> FileHashes:
        """Digests of files that lie elsewhere, remembered here."""
        return FileHashes(self._root / "digests.json")

    def find(self, key: str) -> tuple[Artefact | None, str | None]:
        """The artefact of `key`, whole and unchanged; or None, and a warning where there was a damaged one."""
        folder = self._root / key
        if not os.path.lexists(folder):
            return None, None
        try:
            artefact = _whole(folder)
        except (OSError, ValueError):
            return None, f"the cached artefact {folder} is damaged and is built again"
        used(folder)
        return artefact, None

    def folder(self, name: str) -> Path:
        """A folder in the cache for something else."""
        return self._root / name

    def draft(self, key: str, name: str) -> Path:
        """Where to build the file of `key`; `keep` then moves it in place. OSError where nothing can be written."""
        folder = self._root / f"{key}.draft-{os.getpid()}"
        _remove(folder)
        folder.mkdir(parents=True)
        return folder / name

    def keep(self, key: str, draft: Path, export_s: float, facts: Mapping[str, str]) -> Artefact:
        """Put a finished draft under its key. OSError where that can't be written."""
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
        _remove(folder)
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
        except OSError as error:
            raise UsageError(
                f"{lock.lock_file} can't be locked ({file_problem(error)}); remove it, or choose another cache with "
                "--jitgate-cache DIR"
            ) from error
        try:
            yield
        finally:
            lock.release()


def _whole(folder: Path) -> Artefact:
    """The artefact in `folder`. OSError or ValueError for one that is not as `ArtefactCache.keep` leaves it."""
    if folder.is_symlink():
        raise ValueError(f"{folder} is a symbolic link")
    said = read_json(folder / MANIFEST)
    if not _is_manifest(said):
        raise ValueError(f"{folder}: its manifest holds other values than it should")
    path = folder / said["file"]
    with open_plain(path) as file:
        if os.fstat(file.fileno()).st_size != said["size_bytes"]:
            raise ValueError(f"{folder}: its file has another size")
        if hashlib.file_digest(file, "sha256").hexdigest() != said["sha256"]:
            raise ValueError(f"{folder}: its file has other content")
    return Artefact(path, said["size_bytes"], float(said["export_s"]), said["facts"], said.get("built_at"))


def _is_manifest(said: Any) -> bool:
    """Whether every value has its type, and the file lies in the folder itself."""
    if not isinstance(said, dict) or not all(isinstance(said.get(key), kind) for key, kind in _TYPES.items()):
        return False
    day = said.get("built_at")
    return (
        said["file"] == Path(said["file"]).name
        and 0 <= said["export_s"] < LONGEST_S
        and all(isinstance(each, str) for each in said["facts"].values())
        and (day is None or (isinstance(day, str) and _DAY.fullmatch(day) is not None))
    )


def _remove(path: Path) -> None:
    """Whatever is there: a folder, or what lies in the place of one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
