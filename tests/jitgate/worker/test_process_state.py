"""What a model changes around it is put back, and named once."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from jitgate.worker.process_state import ProcessState


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProcessState:
    monkeypatch.chdir(tmp_path)
    return ProcessState()


def test_nothing_changed_is_nothing_said(state: ProcessState) -> None:
    assert state.put_back() == ()


def test_folder_umask_and_signals_are_put_back(state: ProcessState, tmp_path: Path) -> None:
    before, mask = signal.getsignal(signal.SIGTERM), os.umask(0)
    os.umask(mask)
    os.chdir(tmp_path.parent)
    os.umask(0o777)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        found = state.put_back()
    finally:
        now = os.umask(mask)
    assert found == ("the working directory (put back)", "the umask (put back)", "what SIGTERM does (put back)")
    assert Path.cwd() == tmp_path
    assert now == mask
    assert signal.getsignal(signal.SIGTERM) == before
    assert state.put_back() == ()


def test_a_default_dtype_is_named_and_stays(state: ProcessState) -> None:
    import torch

    inner = ProcessState()
    torch.set_default_dtype(torch.float64)
    try:
        assert inner.put_back() == ("the default dtype from torch.float32 to torch.float64",)
        assert inner.put_back() == ()
        assert torch.get_default_dtype() is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.skipif(not hasattr(os, "setpriority"), reason="priorities of processes are POSIX's")
def test_a_lower_priority_is_put_back_or_named(state: ProcessState, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [os.getpriority(os.PRIO_PROCESS, 0)]
    put_back: list[int] = []
    monkeypatch.setattr(os, "getpriority", lambda *_: now[0])
    monkeypatch.setattr(os, "setpriority", lambda _, __, value: put_back.append(value))
    state = ProcessState()
    assert list(state.slowed_by()) == []
    now[0] += 7
    assert state.put_back() == ("its priority",), "this user may not"
    assert put_back == [now[0] - 7]
    (said,) = state.slowed_by()
    assert said.startswith("a lower priority (nice ")
    monkeypatch.setattr(os, "setpriority", lambda _, __, value: now.__setitem__(0, value))
    assert state.put_back() == ("its priority (put back)",)
    assert list(state.slowed_by()) == []
