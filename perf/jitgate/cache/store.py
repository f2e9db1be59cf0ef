"""Exported files, kept by content: what was built once for the same source, weights and runtime is not built again.

An exported file is a program, and loading it runs it: only what this user has built is found again.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from jitgate.cache.file_hashes import FileHashes
from jitgate.cache.pruning import used
from jitgate.cache.signature import signature, user_key
from jitgate.device.private_folder import why_not_plain, why_not_private
from jitgate.model.errors import UsageError
from jitgate.model.file_problem import file_problem
from jitgate.model.plain_file import open_plain, read_json

MANIFEST = "manifest.json"
LONGEST_MANIFEST_BYTES = 1 << 20
"""Facts of an engine are names of arguments and their sizes."""

SIGNATURE = "signature"

_TYPES: Mapping[str, tuple[type, ...]] = {
    "file": (str,),
    "size_bytes": (int,),
    "sha256": (str,),
    "export_s": (int, float),
    "facts": (dict,),
    SIGNATURE: (str,),
}
"""What a manifest has, and of which type."""


class _Foreign(ValueError):
    """An artefact that is whole and was not made by this user."""


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

    Raises UsageError where the folder can't be written, or another user may write there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Whoever owns the project has code in it that is run anyway: root in a container may use their cache.
            why = why_not_private(root.resolve(), stat.S_IWOTH, {Path.cwd().stat().st_uid})
            with tempfile.TemporaryFile(dir=root):
                pass
        except OSError as error:
            raise UsageError(
                f"the artefact cache {root} can't be written ({file_problem(error)}); choose another with "
                "--jitgate-cache DIR"
            ) from error
        if why is not None:
            raise UsageError(
                f"the artefact cache {root} is not used: {why}, and what lies there is run; choose another with "
                "--jitgate-cache DIR"
            )

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
            artefact = self._verified(folder)
        except _Foreign:
            return None, f"the cached artefact {folder} was not built by this user, and is built again"
        except (OSError, ValueError, RecursionError):
            return None, f"the cached artefact {folder} is damaged and is built again"
        used(folder)
        return artefact, None

    def _verified(self, folder: Path) -> Artefact:
        """ValueError or OSError for one that is not whole, `_Foreign` for one that is not ours."""
        if why_not_private(folder, stat.S_IWOTH) is not None:
            raise _Foreign
        said = _manifest(folder / MANIFEST)
        claimed = said.pop(SIGNATURE)
        if not hmac.compare_digest(claimed.encode(), signature(user_key(), folder.name, said).encode()):
            raise _Foreign
        path = folder / Path(said["file"]).name
        if path.name != said["file"] or why_not_plain(path) is not None:
            raise _Foreign
        with open_plain(path) as file:
            if os.fstat(file.fileno()).st_size != said["size_bytes"]:
                raise ValueError(path)  # nor is a file of terabytes read, most of which is empty
            if hashlib.file_digest(file, "sha256").hexdigest() != said["sha256"]:
                raise ValueError(path)
        return Artefact(path, said["size_bytes"], said["export_s"], said["facts"], said.get("built_at"))

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
        """Where to build the file of `key`; `keep` then moves it in place. OSError where nothing can be written."""
        folder = self._root / f"{key}.draft-{os.getpid()}"
        _remove(folder)
        folder.mkdir(mode=0o700)
        return folder / name

    def keep(self, key: str, draft: Path, export_s: float, facts: Mapping[str, str]) -> Artefact:
        """Put a finished draft under its key. OSError where that can't be written."""
        with draft.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        size_bytes, built_at = draft.stat().st_size, datetime.now(UTC).date().isoformat()
        said: dict[str, Any] = {
            "file": draft.name,
            "size_bytes": size_bytes,
            "sha256": digest,
            "export_s": export_s,
            "facts": dict(facts),
            "built_at": built_at,
        }
        said[SIGNATURE] = signature(user_key(), key, said)
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


def _manifest(path: Path) -> dict[str, Any]:
    """ValueError or OSError for what is no manifest, whatever lies there in its place."""
    said = read_json(path, LONGEST_MANIFEST_BYTES)
    if not isinstance(said, dict):
        raise ValueError(path)  # noqa: TRY004 - damaged is damaged
    if set(_TYPES) - set(said) == {SIGNATURE}:
        raise _Foreign(path)
    if not all(isinstance(said.get(name), types) for name, types in _TYPES.items()):
        raise ValueError(path)
    return said


def _remove(path: Path) -> None:
    """Whatever lies there: a link itself, and not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
