"""An answer counts while all that it was made of is the same, and never longer."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from jitgate.cache.scenario_memory import LARGE_BYTES, ScenarioMemory
from jitgate.model.reads import ListedScenarios, Reads

LATER = time.time() + 3600


def memory(folder: Path, **facts: object) -> ScenarioMemory:
    return ScenarioMemory(folder / "kept", {"device": "cpu", **facts})


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an answer made of a source, a folder, a large file, a missing file and a variable."""
    monkeypatch.setenv("JITGATE_TEST_SIZE", "small")
    (tmp_path / "data").mkdir()
    (tmp_path / "large").write_bytes(bytes(LARGE_BYTES + 1))
    (tmp_path / "models.py").write_text("def a(): ...")
    files = tuple(str(tmp_path / name) for name in ("models.py", "large", "gone"))
    reads = Reads(files, (str(tmp_path / "data"),), ("JITGATE_TEST_SIZE", "JITGATE_TEST_NONE"))
    memory(tmp_path).keep("models:a", ListedScenarios(("short", "long"), reads), LATER)
    return tmp_path


def test_an_answer_is_found_in_its_order(kept: Path) -> None:
    assert memory(kept).find("models:a") == ("short", "long")
    assert memory(kept).find("models:b") is None


CHANGES: dict[str, Callable[[Path], object]] = {
    "source": lambda folder: (folder / "models.py").write_text("def b(): ..."),
    "source gone": lambda folder: (folder / "models.py").unlink(),
    "large file": lambda folder: (folder / "large").write_bytes(bytes(LARGE_BYTES + 2)),
    "file there": lambda folder: (folder / "gone").write_text("there"),
    "in folder": lambda folder: (folder / "data" / "one.wav").write_text(""),
    "folder gone": lambda folder: (folder / "data").rmdir(),
    "variable": lambda _: os.environ.update(JITGATE_TEST_SIZE="large"),
    "variable there": lambda _: os.environ.update(JITGATE_TEST_NONE=""),
    "path": lambda folder: sys.path.append(str(folder)),
    "current folder": os.chdir,
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_what_was_read_asks_again(kept: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.chdir(Path.cwd())  # and back, after this test
    CHANGES[change](kept)
    assert memory(kept).find("models:a") is None


def test_another_device_or_package_asks_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory(kept, device="cuda:0").find("models:a") is None
    (kept / "site").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(kept / "site")])
    memory(kept).keep("models:a", ListedScenarios(("s",), Reads()), LATER)
    assert memory(kept).find("models:a") == ("s",)
    (kept / "site" / "timm-1.0.dist-info").mkdir()
    assert memory(kept).find("models:a") is None


def test_what_has_no_content_is_not_remembered(tmp_path: Path) -> None:
    kept = memory(tmp_path)
    kept.keep("m:process", ListedScenarios(("s",), Reads(unseen="subprocess.Popen")), LATER)
    (tmp_path / "edited.py").write_text("")
    edited = Reads((str(tmp_path / "edited.py"),))
    kept.keep("m:edited", ListedScenarios(("s",), edited), (tmp_path / "edited.py").stat().st_mtime)
    assert kept.find("m:process") is kept.find("m:edited") is None


def test_what_is_forgotten_is_asked_for_again(kept: Path) -> None:
    memory(kept).forget("models:a")
    assert memory(kept).find("models:a") is None


def test_a_folder_that_can_not_be_written_does_not_answer_twice(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = memory(kept)
    monkeypatch.setattr("jitgate.cache.kv_store.KeyValueStore.keep", lambda *_: None)
    found.forget("models:a")
    assert found.find("models:a") is None


@pytest.mark.parametrize("text", ["{}", '{"scenarios": 3}', '{"scenarios": ["x"], "digest": "0"}'])
def test_what_can_not_be_understood_counts_as_nothing(kept: Path, text: str) -> None:
    for path in (kept / "kept").glob("*.json"):
        path.write_text(text)
    assert memory(kept).find("models:a") is None
