"""The cache stays within its limit: what goes, what stays, and what is never touched."""

from __future__ import annotations

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from jitgate.cache.pruning import LATELY_S, Pruned, prune
from jitgate.cache.store import ArtefactCache

DAY_S = 24 * 3600.0
NOW_S = time.time()


def key(number: int) -> str:
    return f"torchscript+fp16-{number:020x}"


def kept(root: Path, number: int, size: int, days_ago: float) -> Path:
    """An artefact of `size` bytes, its manifest aside, that was last used so long ago."""
    cache = ArtefactCache(root)
    draft = cache.draft(key(number), "x.zip")
    draft.write_bytes(b"x" * size)
    folder = cache.keep(key(number), draft, 1.0, {}).path.parent
    os.utime(folder, (NOW_S - days_ago * DAY_S,) * 2)
    return folder


def left(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_what_was_not_used_for_longest_goes_first_and_a_hit_is_a_use(tmp_path: Path) -> None:
    for number, days in ((1, 9), (2, 8), (3, 7)):
        kept(tmp_path, number, 10_000, days)
    assert prune(tmp_path, 40_000, NOW_S).artefacts == 0
    assert ArtefactCache(tmp_path).find(key(1))[0] is not None
    found = prune(tmp_path, 25_000, NOW_S)
    assert (found.artefacts, found.freed_bytes > 10_000, found.left_bytes <= 25_000) == (1, True, True)
    assert left(tmp_path) == {key(1), key(3)}
    assert prune(tmp_path, 1, NOW_S).artefacts == 1
    assert left(tmp_path) == {key(1)}, "this run has used it"


def test_what_another_process_builds_stays(tmp_path: Path) -> None:
    kept(tmp_path, 1, 10, 9)
    draft = ArtefactCache(tmp_path).draft(key(2), "x.zip")
    draft.write_bytes(b"half")
    with FileLock(tmp_path / f"{key(1)}.lock"), FileLock(tmp_path / f"{key(2)}.lock"):
        assert prune(tmp_path, 1, NOW_S).artefacts == 0
        assert left(tmp_path) >= {key(1), draft.parent.name, f"{key(1)}.lock", f"{key(2)}.lock"}
    assert prune(tmp_path, 1, NOW_S).artefacts == 1
    assert left(tmp_path) == set(), "a draft whose builder is gone, and locks of what is gone"


def test_what_is_found_at_the_last_moment_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = kept(tmp_path, 1, 10, 9)
    acquire = FileLock.acquire

    def found_meanwhile(lock: FileLock, timeout: float) -> object:
        os.utime(folder)
        return acquire(lock, timeout)

    monkeypatch.setattr(FileLock, "acquire", found_meanwhile)
    assert prune(tmp_path, 1, NOW_S).artefacts == 0
    assert folder.is_dir()


def test_locks_and_damaged_ones_go_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    damaged = kept(tmp_path, 1, 10, 9)
    (damaged / "manifest.json").unlink()
    os.utime(damaged, (NOW_S - 9 * DAY_S,) * 2)
    whole = kept(tmp_path, 2, 10, 0)
    (tmp_path / f"{key(2)}.lock").touch()
    (tmp_path / f"{key(3)}.lock").touch()
    others = {"memory_records", "photos", "photos.lock", "digests.json"}
    for name in others:
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0.0, 0.0))
    assert prune(tmp_path, 1, NOW_S).artefacts == 1
    assert left(tmp_path) == {whole.name, f"{key(2)}.lock", *others}


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert prune(tmp_path / "none", 1, NOW_S) == Pruned(0, 0, 0)


@settings(max_examples=25, deadline=None)
@given(
    entries=st.lists(st.tuples(st.integers(0, 5000), st.floats(0.0, 30.0)), max_size=6),
    limit=st.integers(1, 20_000),
)
def test_the_limit_holds_but_for_what_was_used_lately(entries: list[tuple[int, float]], limit: int) -> None:
    with TemporaryDirectory() as name:
        root = Path(name)
        folders = {kept(root, number, *entry): entry for number, entry in enumerate(entries)}
        sizes = {folder: sum(path.stat().st_size for path in folder.iterdir()) for folder in folders}
        found = prune(root, limit, NOW_S)
        gone = [folder for folder in folders if not folder.exists()]
        stay = [folder for folder in folders if folder.exists()]
        assert found.freed_bytes == sum(sizes[folder] for folder in gone)
        assert found.left_bytes == sum(sizes[folder] for folder in stay)
        assert found.left_bytes <= limit or all(folders[folder][1] * DAY_S < LATELY_S for folder in stay)
        assert all(folders[folder][1] * DAY_S >= LATELY_S for folder in gone)
        if gone:
            assert found.left_bytes + max(sizes[folder] for folder in gone) > limit, "no more than had to go"
            newest_gone = min(folders[folder][1] for folder in gone)
            assert all(folders[folder][1] <= newest_gone for folder in stay)
