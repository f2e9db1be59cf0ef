"""Versions, read without importing torch."""

import importlib.util

import pytest
import torch
from jitgate.device.runtime import runtime, thread_settings, torch_cuda, torch_version


def test_the_torch_version_is_that_of_the_workers() -> None:
    assert torch.__version__.startswith(torch_version().split("+")[0])
    assert torch_cuda() == torch.version.cuda


def test_without_torch_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert torch_cuda() is None


def test_the_environment_may_ask_for_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert thread_settings() == "OMP_NUM_THREADS=3"
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert thread_settings() is None


@pytest.mark.parametrize(("value", "blocking"), [("1", True), ("0", False), ("", False)])
def test_blocking_launches_are_seen(monkeypatch: pytest.MonkeyPatch, value: str, blocking: bool) -> None:
    monkeypatch.setenv("CUDA_LAUNCH_BLOCKING", value)
    assert runtime().blocking_launches is blocking
