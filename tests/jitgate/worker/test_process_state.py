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
