"""A process that a model detaches does not outlive its worker, however that one ends."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest
from jitgate.model.failure import FailureKind
from jitgate.model.requests import CheckFactory, SetThreads
from jitgate.pool.pool import WorkerPool

from tests.jitgate.pool.test_pool import Silent, workload


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize("crash", [False, True], ids=["stopped", "crashed"])
def test_it_ends_with_its_worker(crash: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "pid"
    monkeypatch.setenv("DETACHED", str(note))
    with WorkerPool(workload(), "cpu", Silent(), timeout_s=60.0) as pool:
        (worker,) = pool.spawn(["one"])
        pool.ask(worker, "importing", CheckFactory("tests.jitgate.pool.detaching:Path", "here"))
        assert worker.failure is None
        deadline = time.monotonic() + 30
        while not note.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        detached = psutil.Process(int(note.read_text()))
        if crash:
            psutil.Process(worker.pid).kill()
            assert pool.ask(worker, "anything", SetThreads(None)) is None
            assert worker.failure is not None
            assert worker.failure.kind is FailureKind.DIED
        else:
            pool.stop([worker])
        _, alive = psutil.wait_procs([detached], timeout=10)
        assert alive == []
