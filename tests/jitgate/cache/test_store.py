"""Artefacts by content."""

import json
import multiprocessing
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jitgate.cache.store import MANIFEST, ArtefactCache
from jitgate.model.errors import UsageError


def keep(cache: ArtefactCache, key: str, content: bytes) -> Path:
    draft = cache.draft(key, "flow.encoder.fp32.zip")
    draft.write_bytes(content)
    return cache.keep(key, draft, 1.5, {"signature": "x: Tensor"}).path


def test_what_was_kept_is_found_under_its_name(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path)
    path = keep(cache, "key", b"graph")
    found, warning = cache.find("key")
    assert found is not None
    assert warning is None
    assert (found.path, found.size_bytes, found.export_s) == (path, 5, 1.5)
    assert found.path.name == "flow.encoder.fp32.zip"
    assert found.facts == {"signature": "x: Tensor"}


def test_the_day_of_the_build_is_kept_and_a_manifest_without_one_is_still_good(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path)
    manifest = keep(cache, "key", b"graph").with_name(MANIFEST)
    found, _ = cache.find("key")
    assert found is not None
    assert found.built_at is not None
    assert date.fromisoformat(found.built_at) <= datetime.now(UTC).date()
    said = json.loads(manifest.read_text())
    del said["built_at"]
    manifest.write_text(json.dumps(said))
    found, warning = cache.find("key")
    assert found is not None
    assert (found.built_at, warning) == (None, None)


def test_a_key_nobody_built_is_not_found_and_not_warned_about(tmp_path: Path) -> None:
    assert ArtefactCache(tmp_path).find("key") == (None, None)


@pytest.mark.parametrize(
    "damage", ["flip", "truncate", "remove file", "remove manifest", "empty manifest", "list manifest"]
)
def test_a_damaged_artefact_is_not_found_and_is_warned_about(tmp_path: Path, damage: str) -> None:
    cache = ArtefactCache(tmp_path)
    path = keep(cache, "key", b"graph")
    manifest = path.with_name(MANIFEST)
    match damage:
        case "flip":
            path.write_bytes(b"Graph")
        case "truncate":
            path.write_bytes(b"gra")
        case "remove file":
            path.unlink()
        case "remove manifest":
            manifest.unlink()
        case "empty manifest":
            manifest.write_text("{}")
        case "list manifest":
            manifest.write_text(json.dumps([1]))
    found, warning = cache.find("key")
    assert found is None
    assert warning is not None
    assert "is damaged and is built again" in warning
    keep(cache, "key", b"graph")
    assert cache.find("key")[1] is None


def test_a_discarded_draft_leaves_nothing(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path)
    draft = cache.draft("key", "x.zip")
    draft.write_bytes(b"half")
    cache.discard(draft)
    assert cache.find("key") == (None, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="nothing is unwritable to root, or by mode on Windows"
)
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match=r"can't be written .* --jitgate-cache DIR"):
        ArtefactCache(tmp_path / "cache")


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match=r"can't be written .* --jitgate-cache DIR"):
        ArtefactCache(tmp_path / "file" / "cache")


def _build_once(root: str, built: "multiprocessing.Queue[int]") -> None:
    cache = ArtefactCache(Path(root))
    with cache.locked("key", 60.0):
        if cache.find("key")[0] is None:
            keep(cache, "key", b"graph")
            built.put(os.getpid())


def test_two_processes_that_want_the_same_artefact_build_it_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    built: multiprocessing.Queue[int] = context.Queue()
    processes = [context.Process(target=_build_once, args=(str(tmp_path), built)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert built.get(timeout=5) in {process.pid for process in processes}
    assert built.empty()


def test_a_lock_that_is_never_given_back_is_not_waited_for_without_end(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path)
    with (
        cache.locked("key", 1.0),
        pytest.raises(UsageError, match="another run has been building"),
        ArtefactCache(tmp_path).locked("key", 0.1),
    ):
        pytest.fail("the lock was given twice")
