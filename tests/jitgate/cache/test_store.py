"""Artefacts by content."""

import hashlib
import json
import multiprocessing
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jitgate.cache.signature import KEY_VARIABLE, _kept, signature, user_key
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


def test_the_day_of_the_build_is_kept(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path)
    keep(cache, "key", b"graph")
    found, _ = cache.find("key")
    assert found is not None
    assert found.built_at is not None
    assert date.fromisoformat(found.built_at) <= datetime.now(UTC).date()


def test_a_manifest_without_a_signature_is_not_believed(tmp_path: Path) -> None:
    cache = ArtefactCache(tmp_path)
    manifest = keep(cache, "key", b"graph").with_name(MANIFEST)
    said = json.loads(manifest.read_text())
    del said["signature"]
    manifest.write_text(json.dumps(said))
    found, warning = cache.find("key")
    assert found is None
    assert warning is not None
    assert "was not built by this user, and is built again" in warning


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


def _signed(manifest: Path, key: str, **changed: object) -> None:
    said = {**json.loads(manifest.read_text()), **changed}
    said.pop("signature")
    manifest.write_text(json.dumps({**said, "signature": signature(user_key(), key, said)}))


@pytest.mark.parametrize(
    "forged",
    ["digest", "other key", "path out", "absolute path", "file link", "folder link", "no signature", "world"],
)
def test_what_this_user_has_not_built_is_not_found(tmp_path: Path, forged: str) -> None:
    cache, outside = ArtefactCache(tmp_path / "cache"), tmp_path / "outside.zip"
    path = keep(cache, "key", b"graph")
    manifest = path.with_name(MANIFEST)
    outside.write_bytes(b"graph")
    match forged:
        case "digest":
            path.write_bytes(b"Graph")
            said = json.loads(manifest.read_text())
            manifest.write_text(json.dumps({**said, "sha256": hashlib.sha256(b"Graph").hexdigest()}))
        case "other key":
            path.parent.rename(path.parent.with_name("other"))
            assert cache.find("other")[0] is None
            return
        case "path out":
            _signed(manifest, "key", file="../../outside.zip")
        case "absolute path":
            _signed(manifest, "key", file=str(outside))
        case "file link":
            path.unlink()
            path.symlink_to(outside)
        case "folder link":
            path.parent.rename(tmp_path / "away")
            path.parent.symlink_to(tmp_path / "away")
        case "no signature":
            _signed(manifest, "key")
            manifest.write_text(manifest.read_text().replace("signature", "Signature"))
        case "world":
            if os.name == "nt":
                pytest.skip("Windows has no such mode")
            path.parent.chmod(0o777)
    found, warning = cache.find("key")
    assert found is None
    assert warning is not None
    assert "was not built by this user, and is built again" in warning
    keep(cache, "key", b"graph")
    assert cache.find("key")[0] is not None
    assert outside.read_bytes() == b"graph"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files")
@pytest.mark.parametrize("odd", ["pipe", "device", "folder", "levels", "long", "types", "bytes", "nan"])
def test_whatever_lies_in_the_place_of_a_manifest_is_not_read(tmp_path: Path, odd: str) -> None:
    cache = ArtefactCache(tmp_path)
    manifest = keep(cache, "key", b"graph").with_name(MANIFEST)
    said = json.loads(manifest.read_text())
    manifest.unlink()
    match odd:
        case "pipe":
            os.mkfifo(manifest)
        case "device":
            manifest.symlink_to("/dev/zero")
        case "folder":
            manifest.mkdir()
        case "levels":
            manifest.write_text("[" * 200_000)
        case "long":
            manifest.write_text(json.dumps({**said, "more": "x" * 2_000_000}))
        case "types":
            manifest.write_text(json.dumps({**said, "file": 3}))
        case "bytes":
            manifest.write_bytes(b"\xff\xfe\x00")
        case "nan":
            manifest.write_text(json.dumps({**said, "size_bytes": float("nan")}))
    found, warning = cache.find("key")
    assert found is None
    assert warning is not None
    keep(cache, "key", b"graph")
    assert cache.find("key")[0] is not None


def test_a_key_can_be_named_and_has_to_be_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ArtefactCache(tmp_path)
    keep(cache, "key", b"graph")
    monkeypatch.setenv(KEY_VARIABLE, "a key of one CI")
    with pytest.raises(UsageError, match="JITGATE_CACHE_KEY is shorter than 16 characters"):
        cache.find("key")
    monkeypatch.setenv(KEY_VARIABLE, "the key of one CI")
    assert cache.find("key")[0] is None
    keep(cache, "key", b"graph")
    assert cache.find("key")[0] is not None
    monkeypatch.delenv(KEY_VARIABLE)
    assert cache.find("key")[0] is None


def test_where_no_key_can_be_kept_only_this_process_finds_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    first = _kept.__wrapped__(tmp_path / "file" / "state")
    assert first != _kept.__wrapped__(tmp_path / "file" / "state")
    assert _kept.__wrapped__(tmp_path / "state") == _kept.__wrapped__(tmp_path / "state")
    assert [path.name for path in (tmp_path / "state").glob("*.draft*")] == []
