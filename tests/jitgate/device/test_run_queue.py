"""How long threads waited for a processor, by what Linux says."""

from __future__ import annotations

from pathlib import Path

from jitgate.device.run_queue import RunQueue


def test_waiting_is_told_since_it_was_asked_last(tmp_path: Path) -> None:
    for thread, waited_ns in (("1", 5_000_000), ("2", 1_000_000)):
        (tmp_path / thread).mkdir()
        (tmp_path / thread / "schedstat").write_text(f"900000 {waited_ns} 12\n")
    queue = RunQueue(tmp_path)
    assert queue.waited_s() == 0.0
    (tmp_path / "1" / "schedstat").write_text("900000 8000000 13\n")
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "schedstat").write_text("900000 90000000 13\n")
    assert queue.waited_s() == 0.003, "of a thread that a model has started nothing is taken off"
    assert queue.waited_s() == 0.0
    (tmp_path / "1" / "schedstat").unlink()
    assert queue.waited_s() == 0.0, "a thread that has ended"


def test_where_nothing_tells_nobody_waited(tmp_path: Path) -> None:
    assert RunQueue(tmp_path / "none").waited_s() == 0.0
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "schedstat").write_text("")
    assert RunQueue(tmp_path).waited_s() == 0.0


def test_this_process_can_be_asked() -> None:
    assert RunQueue().waited_s() >= 0.0
