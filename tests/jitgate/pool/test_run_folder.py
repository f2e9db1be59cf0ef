"""What a killed run leaves among the temporary files is removed by the next one, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from jitgate.cache.ownership import OWNER, YOUNG_S
from jitgate.model.errors import UsageError
from jitgate.pool.run_folder import PREFIX, RunFolder, sweep

RUN = """
import tempfile, time
from pathlib import Path
tempfile.tempdir = {where!r}
from jitgate.pool.run_folder import RunFolder
folder = RunFolder()
print(folder.path, flush=True)
time.sleep(600)
"""


def aged(folder: Path) -> Path:
    before = time.time() - 2 * YOUNG_S
    os.utime(folder, (before, before))
    return folder


def test_the_folder_of_a_killed_run_goes_and_that_of_a_living_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", RUN.format(where=str(tmp_path))], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        left = Path(run.stdout.readline().strip())
        (left / "short.inputs.pt").write_bytes(b"tensors")
        sweep(tmp_path)
        assert left.exists(), "a folder this young may belong to a run that is just starting"
        aged(left)
        sweep(tmp_path)
        assert (left / "short.inputs.pt").exists(), "its run is alive"
        run.kill()
        run.wait()
    assert left.exists()
    mine = RunFolder()
    assert not left.exists()
    assert mine.path.exists()
    mine.cleanup()
    assert not mine.path.exists()


def test_what_is_not_a_folder_of_ours_stays(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.mkdir()
    (target / OWNER).touch()
    link = tmp_path / f"{PREFIX}link"
    link.symlink_to(target, target_is_directory=True)
    aged(target)
    without = tmp_path / f"{PREFIX}without-owner"
    without.mkdir()
    aged(without)
    (tmp_path / f"{PREFIX}file").touch()
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"precious", link.name, without.name, f"{PREFIX}file"}
    assert (target / OWNER).exists()


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    usage = type("Usage", (), {"free": 4096})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(UsageError) as caught:
        RunFolder()
    assert str(caught.value).startswith(f"no temporary folder can be used in {tmp_path}: the disk that holds ")
    assert str(caught.value).endswith("MiB free); make room there, or name another place in TMPDIR")
    assert list(tmp_path.iterdir()) == []


def test_no_place_for_temporary_files_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/a', '/b']")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(UsageError, match="no temporary folder can be made: No usable temporary directory found"):
        RunFolder()
