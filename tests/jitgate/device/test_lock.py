"""The run lock, between real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jitgate.device.device import Card, Device
from jitgate.device.lock import RunLock, lock_folder, lock_name
from jitgate.model.errors import UsageError

HOLD = """
import sys
from pathlib import Path
from jitgate.device.device import Device
from jitgate.device.lock import RunLock

lock = RunLock(Device("cpu"), Path(sys.argv[1]))
lock.acquire(0)
print("held", flush=True)
sys.stdin.readline()
lock.release()
print("released", flush=True)
sys.stdin.readline()
"""

ROOT = Path(__file__).parents[3]


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of the CPU in `tmp_path` until it reads a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_the_second_waits_says_for_whom_and_gives_up(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(UsageError) as caught:
        RunLock(Device("cpu"), tmp_path).acquire(0.2, said.append)
    assert f"cpu is in use by process {holder.pid} (in {ROOT}) since 20" in str(caught.value)
    assert "(--jitgate-lock-timeout)" in str(caught.value)
    assert said[0].startswith(f"waiting: cpu is in use by process {holder.pid}")


def test_it_is_had_when_the_first_is_done(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    assert holder.stdin is not None
    said: list[str] = []
    lock = RunLock(Device("cpu"), tmp_path)

    def let_go(line: str) -> None:
        said.append(line)
        if len(said) == 1:
            assert holder.stdin is not None
            holder.stdin.write("\n")
            holder.stdin.flush()

    lock.acquire(60, let_go)
    assert said
    assert str(os.getpid()) in (tmp_path / "cpu.json").read_text()
    lock.release()
    assert not (tmp_path / "cpu.json").exists()


def test_a_run_that_is_killed_holds_nothing(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    holder.kill()
    holder.wait()
    assert (tmp_path / "cpu.json").exists(), "its note is left behind, and must not matter"
    lock = RunLock(Device("cpu"), tmp_path)
    lock.acquire(0)
    lock.acquire(0)  # held already: nothing to do
    lock.release()
    lock.release()


def test_another_device_is_free(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    lock = RunLock(Device("cuda", 0, Card("NVIDIA H200", 1, "580", "GPU-bb22")), tmp_path)
    lock.acquire(0)
    assert (tmp_path / "GPU-bb22.json").exists()
    lock.release()


def test_a_card_is_locked_by_its_uuid_whatever_its_number() -> None:
    card = Card("NVIDIA H200", 1, "580", "GPU-bb22")
    assert lock_name(Device("cuda", 0, card)) == lock_name(Device("cuda", 3, card)) == "GPU-bb22"
    assert lock_name(Device("cpu")) == "cpu"


@pytest.mark.parametrize("note", [None, "", "[]", '{"pid": 1}', '{"pid": "x", "since": 0, "where": ""}'])
def test_a_note_that_can_not_be_read_does_not_matter(
    holder: subprocess.Popen[str], tmp_path: Path, note: str | None
) -> None:
    path = tmp_path / "cpu.json"
    path.unlink() if note is None else path.write_text(note)
    with pytest.raises(UsageError, match="cpu is in use by another run"):
        RunLock(Device("cpu"), tmp_path).acquire(0)


def test_a_folder_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="name another folder in JITGATE_LOCKS"):
        RunLock(Device("cpu"), tmp_path / "file" / "locks").acquire(0)


def test_the_folder_is_the_users_and_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JITGATE_LOCKS", str(tmp_path))
    assert lock_folder() == tmp_path
    monkeypatch.delenv("JITGATE_LOCKS")
    assert not lock_folder().is_relative_to(ROOT)


def test_a_folder_that_others_may_write_in_or_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UsageError, match=r"it is a link, or no folder; name a folder of your own in JITGATE_LOCKS"):
        RunLock(Device("cpu"), tmp_path / "link").acquire(0)
    if os.name != "nt":
        (tmp_path / "real").chmod(0o777)
        with pytest.raises(UsageError, match=r"others may write in it \(mode 777\)"):
            RunLock(Device("cpu"), tmp_path / "real").acquire(0)


def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "cpu.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(UsageError, match="can't be written"):
        RunLock(Device("cpu"), tmp_path).acquire(0)
    (tmp_path / "cpu.lock").unlink()
    (tmp_path / "cpu.json").symlink_to(tmp_path / "precious")
    lock = RunLock(Device("cpu"), tmp_path)
    lock.acquire(0)
    assert (tmp_path / "precious").read_text() == "mine"
    lock.release()
