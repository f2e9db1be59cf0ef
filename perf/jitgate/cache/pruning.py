"""Keeps the artefact cache below a size: what was not used for longest goes first."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

LATELY_S = 24 * 3600.0
"""What was used within a day stays, also above the limit: a run holds no lock on what it only reads, and none lasts
longer. So what this run has used stays, too."""

_KEY = re.compile(r".+-[0-9a-f]{20}")
"""As `jitgate.pool.exports` makes them. Whatever else lies in the folder is not ours to remove."""

_DRAFT = re.compile(rf"({_KEY.pattern})\.draft-\d+")


@dataclass(frozen=True)
class Pruned:
    """What a look at the cache found. artefacts, freed_bytes: that were removed. left_bytes: of those that are left."""

    artefacts: int
    freed_bytes: int
    left_bytes: int


def used(folder: Path) -> None:
    """Note that the artefact in `folder` is used now; where that can't be written, it is forgotten."""
    with contextlib.suppress(OSError):
        os.utime(folder)


def prune(root: Path, limit_bytes: int, now_s: float) -> Pruned:
    """Remove artefacts, those first that were not used for longest, until the rest is within `limit_bytes`.

    Left alone: what was used lately, what another process builds, and what it has open where that can be told
    (Windows). What builds that were killed have left, and locks of what is gone, are removed whatever they take.
    now_s: the time, as `time.time` gives it.
    """
    sizes = {path: _size(path) for path in _folders(root, _KEY)}
    left, freed, count = sum(sizes.values()), 0, 0
    for path in sorted(sizes, key=_used_at):
        if left <= limit_bytes or _used_at(path) > now_s - LATELY_S:
            break
        if _remove(root, path, path.name, now_s):
            left, freed, count = left - sizes[path], freed + sizes[path], count + 1
    _clear(root)
    return Pruned(count, freed, left)


def _folders(root: Path, name: re.Pattern[str]) -> list[Path]:
    try:
        return [path for path in root.iterdir() if name.fullmatch(path.name) and path.is_dir()]
    except OSError:
        return []


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


def _used_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0  # gone: another run prunes too


def _remove(root: Path, folder: Path, key: str, now_s: float) -> bool:
    """Whether it was removed: at once under another name, so that half an artefact is never found."""
    with _locked(root, key) as locked:
        if not locked or _used_at(folder) > now_s - LATELY_S:  # read again: another run may have used it meanwhile
            return False
        away = root / f"{key}.draft-{os.getpid()}"
        try:
            folder.replace(away)
        except OSError:
            return False
        shutil.rmtree(away, ignore_errors=True)
    return True


def _clear(root: Path) -> None:
    for path in _folders(root, _DRAFT):
        with _locked(root, path.name.rpartition(".draft-")[0]) as locked:
            if locked:
                shutil.rmtree(path, ignore_errors=True)
    for path in root.glob("*.lock"):
        key = path.name.removesuffix(".lock")
        if not _KEY.fullmatch(key) or (root / key).exists():
            continue
        with _locked(root, key) as locked, contextlib.suppress(OSError):
            if locked and not (root / key).exists():
                path.unlink()  # on Windows its release does that


@contextlib.contextmanager
def _locked(root: Path, key: str) -> Iterator[bool]:
    """Whether no process builds `key`; then none starts to before the context is left."""
    lock = FileLock(root / f"{key}.lock")
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
