"""What torch.compile built in a process, and what it found: nothing is compiled twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest
from jitgate.model.cold_start import Compilation
from jitgate.worker.compilation import BACKEND, VARIABLE, WHOLE, compilation, keep_in

COMPILE_ONCE = """
import json, sys
from dataclasses import asdict
from pathlib import Path

from jitgate.engines.builtin import built_in
from jitgate.model.requests import LoadVariant, MakeFirstCall, OpenModel, StartWorker
from jitgate.worker.service import WorkerService

service = WorkerService()
service.answer(StartWorker("cpu", compiled_in=Path(sys.argv[1])))
service.answer(OpenModel("tests.jitgate.pool.models:tiny", "a test"))
service.answer(LoadVariant(built_in().named("compile")))
print(json.dumps(asdict(service.answer(MakeFirstCall("short", Path(sys.argv[1]))))))
"""


def counters(hits: int = 0, misses: int = 0, bypasses: int = 0) -> dict[str, Counter[str]]:
    every: dict[str, Counter[str]] = defaultdict(Counter)
    every["inductor"].update(fxgraph_cache_hit=hits, fxgraph_cache_miss=misses, fxgraph_cache_bypass=bypasses)
    return every


def pretend(monkeypatch: pytest.MonkeyPatch, took: dict[str, list[float]], **counted: int) -> None:
    dynamo = SimpleNamespace(compilation_time_metrics=took, counters=counters(**counted))
    monkeypatch.setitem(sys.modules, "torch._dynamo.utils", dynamo)


def test_where_nothing_was_compiled_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, {"inductor_import": [0.5]})
    assert compilation() is None
    monkeypatch.delitem(sys.modules, "torch._dynamo.utils")
    assert compilation() is None


def test_reading_is_what_is_left_when_the_backend_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, {WHOLE: [10.0, 2.0], BACKEND: [7.0, 1.0]}, hits=1, misses=2, bypasses=1)
    assert compilation("short") == Compilation(12.0, 4.0, built=3, found=1, uncached=1, scenario="short")


@pytest.mark.parametrize(
    ("folder", "set_before", "kept_in"),
    [("/cache/torch", None, "/cache/torch"), ("/cache/torch", "/mine", "/mine"), ("/my cache/torch", None, None)],
    ids=["ours", "the user's own", "a path that torch's compiler can't read"],
)
def test_torch_keeps_its_graphs_in_our_cache_unless_the_user_says_where(
    folder: str, set_before: str | None, kept_in: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {} if set_before is None else {VARIABLE: set_before})
    keep_in(Path(folder))
    keep_in(None)
    assert os.environ.get(VARIABLE) == kept_in


@pytest.mark.slow
def test_a_second_process_builds_nothing(tmp_path: Path) -> None:
    """The real compiler, in the worker's own steps; graphs are counted, nothing is timed."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    said = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", COMPILE_ONCE, str(tmp_path)], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        said.append(Compilation(**json.loads(done.stdout)["compilation"]))
    first, second = said
    assert (first.built, first.found) == (1, 0)
    assert (second.built, second.found) == (0, 1)
    assert first.uncached == second.uncached == 0
