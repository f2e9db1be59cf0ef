"""Real worker processes: what they answer, how they fail, and that none outlives the pool."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.model.errors import UsageError
from jitgate.model.failure import FailureKind
from jitgate.model.requests import ReadMemory
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec
from jitgate.pool.binding import Checked, bind, fallbacks
from jitgate.pool.pool import WorkerPool
from jitgate.pool.prepare import make_ready
from jitgate.pool.ready import Ready
from jitgate.workloads.spec import WorkloadSpec

MODELS = "tests.jitgate.pool.models"


class Silent:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def busy(self, what: str) -> None: ...

    def note(self, what: str) -> None:
        self.notes.append(what)


def workload(factory: str = "tiny") -> WorkloadSpec:
    return WorkloadSpec("tiny", f"{MODELS}:{factory}", ("short", "varied"), (BASELINE,), where="my.toml")


def brought(name: str) -> VariantSpec:
    return VariantSpec(name, f"{MODELS}:{name}", where="my.toml")


EAGER = VariantSpec(BASELINE, "jitgate.engines.eager:eager")
TORCHSCRIPT = VariantSpec("torchscript", "jitgate.engines.torchscript:TorchScript", exported=True)

INDUCTOR = VariantSpec("inductor", "jitgate.engines.inductor:Inductor", exported=True)


@pytest.fixture
def cache(tmp_path: Path) -> ArtefactCache:
    return ArtefactCache(tmp_path / "cache")


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(workload(), "cpu", Silent(), timeout_s=120.0) as made:
        yield made


def ready_with(pool: WorkerPool, cache: ArtefactCache, *variants: VariantSpec, progress: Silent | None = None) -> Ready:
    return make_ready(pool, [EAGER, *variants], ["short", "varied"], cache, progress or Silent())


def rel_l2(found: dict[str, Checked], name: str) -> float:
    accuracy = found[name].accuracy
    assert accuracy is not None
    return accuracy.rel_l2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no exit by signal")
@pytest.mark.slow
def test_a_pool_of_good_and_bad_variants(pool: WorkerPool, cache: ArtefactCache) -> None:
    """One story, since every worker costs an import of torch: who is right is right, who fails fails alone."""
    variants = ["plain", "off_by_one_percent", "dies", "raises", "unavailable"]
    ready = ready_with(pool, cache, TORCHSCRIPT, *(brought(name) for name in variants))

    # Each has a process of its own.
    pids = {worker.pid for worker in pool.workers.values()}
    assert len(pids) == len(pool.workers) == 8
    assert os.getpid() not in pids

    # One that can't run here says why.
    failure = pool.workers["unavailable"].failure
    assert failure is not None
    assert (failure.kind, failure.sentence) == (FailureKind.UNAVAILABLE, "needs a flux capacitor; install one")

    # Outputs are compared with eager's.
    found = bind(pool, "short", ready.cold_start)
    assert rel_l2(found, BASELINE) == rel_l2(found, CONTROL) == rel_l2(found, "plain") == 0.0
    assert rel_l2(found, "torchscript") < 1e-6
    assert rel_l2(found, "off_by_one_percent") == pytest.approx(0.01, rel=1e-3)

    # One that runs the module as it is, is eager under another name.
    assert found["plain"].fallback is not None
    assert "fell back to eager" in found["plain"].fallback
    assert [found[name].fallback for name in (BASELINE, CONTROL, "torchscript")] == [None] * 3

    # One that is killed is named with its signal and its last words.
    assert pool.turn("dies", "short", 0, 20) is None
    failure = pool.workers["dies"].failure
    assert failure is not None
    assert failure.kind is FailureKind.DIED
    assert "worker dies was killed by SIGKILL" in failure.sentence
    assert "famous last words" in failure.details

    # One that raises brings its traceback.
    assert pool.turn("raises", "short", 0, 20) is None
    failure = pool.workers["raises"].failure
    assert failure is not None
    assert re.fullmatch(
        r"raises raised in a call: RuntimeError: out of paper at \S*models\.py:\d+", failure.sentence
    ), failure.sentence
    assert "Traceback" in failure.details
    assert "models.py" in failure.details

    # The others go on, in every scenario.
    found = bind(pool, "varied", ready.cold_start)
    assert rel_l2(found, "torchscript") < 1e-6
    for name in (BASELINE, CONTROL, "torchscript", "plain"):
        turn = pool.turn(name, "varied", 2, 5)
        assert turn is not None
        assert len(turn.wall_ns) == 5
        assert min(turn.wall_ns) > 0
    assert ready.facts is not None
    assert ready.facts.threads == 1
    assert ready.cold_start["torchscript"].built_now
    assert ready.cold_start["torchscript"].load_s is not None
    off = fallbacks(pool, "varied")
    assert set(off) == {"plain", "off_by_one_percent"}, "they run the module as it is, whatever they do then"
    memory = pool.ask(pool.workers["torchscript"], "", ReadMemory())
    assert memory is not None
    assert memory.peak_bytes is None or 0 <= memory.peak_bytes < 1 << 30


@pytest.mark.slow
def test_an_export_is_found_again_and_a_damaged_one_is_built_again(cache: ArtefactCache) -> None:
    built = []
    for damage in (False, True):
        if damage:
            (found,) = cache._root.glob("torchscript-*/*.zip")
            found.write_bytes(b"not a graph")
        progress = Silent()
        with WorkerPool(workload(), "cpu", progress, timeout_s=120.0) as pool:
            ready = ready_with(pool, cache, TORCHSCRIPT, progress=progress)
            assert pool.workers["torchscript"].failure is None
            built.append(ready.cold_start["torchscript"].built_now)
        assert len(progress.notes) == (1 if damage else 0)
    assert built == [True, True]
    with WorkerPool(workload(), "cpu", Silent(), timeout_s=120.0) as pool:
        assert not ready_with(pool, cache, TORCHSCRIPT).cold_start["torchscript"].built_now


def test_a_worker_that_hangs_is_ended_after_the_limit(cache: ArtefactCache) -> None:
    with WorkerPool(workload(), "cpu", Silent(), timeout_s=15.0) as pool:
        ready = ready_with(pool, cache, brought("hangs"))
        bind(pool, "short", ready.cold_start)
        pool._timeout_s = 0.5
        assert pool.turn("hangs", "short", 0, 20) is None
        failure = pool.workers["hangs"].failure
        assert failure is not None
        assert failure.kind is FailureKind.HUNG
        assert "--jitgate-timeout" in failure.sentence
        pid = pool.workers["hangs"].pid
        assert pid is not None
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_an_engine_without_its_compiler_says_so_before_anything_is_built(
    pool: WorkerPool, cache: ArtefactCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    ready_with(pool, cache, INDUCTOR)
    failure = pool.workers["inductor"].failure
    assert failure is not None
    assert failure.kind is FailureKind.UNAVAILABLE
    assert "inductor needs a C++ compiler" in failure.sentence
    assert pool.workers[BASELINE].alive


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("nowhere", "has no callable 'nowhere'"),
        ("not_a_workload", "returned Tiny; it must return a jitgate.Workload"),
        ("raising_factory", "failed (FileNotFoundError: weights.pt)"),
        ("unseeded", "gives other weights on each call"),
    ],
)
def test_a_factory_that_can_not_be_used_is_bad_input(cache: ArtefactCache, factory: str, said: str) -> None:
    with WorkerPool(workload(factory), "cpu", Silent(), timeout_s=120.0) as pool, pytest.raises(UsageError) as caught:
        ready_with(pool, cache)
    assert said in str(caught.value)
    assert str(caught.value).startswith("my.toml: factory 'tests.jitgate.pool.models:")


def test_a_model_that_can_not_be_built_here_is_said_once_and_by_all(cache: ArtefactCache) -> None:
    with WorkerPool(workload("lacking_factory"), "cpu", Silent(), timeout_s=120.0) as pool:
        ready = ready_with(pool, cache, TORCHSCRIPT)
        assert bind(pool, "short", ready.cold_start) == {}
        for worker in pool.workers.values():
            assert worker.failure is not None
            assert worker.failure.kind is FailureKind.UNAVAILABLE
            assert str(worker.failure) == "the model needs a flux capacitor; install one"


def test_a_variant_factory_that_returns_no_callable_is_bad_input(pool: WorkerPool, cache: ArtefactCache) -> None:
    with pytest.raises(UsageError, match="returned int; it must return a callable"):
        ready_with(pool, cache, brought("not_callable"))


def test_closing_ends_every_process(cache: ArtefactCache) -> None:
    pool = WorkerPool(workload(), "cpu", Silent(), timeout_s=120.0)
    pool.spawn_measured([BASELINE, CONTROL])
    pool.initialise(pool.workers.values())
    processes = [psutil.Process(worker.pid) for worker in pool.workers.values()]
    folder = pool.folder
    pool.close()
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []
    assert not folder.exists()


def test_workers_leave_when_their_host_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    host = textwrap.dedent(
        f"""
        import pathlib, time
        from tests.jitgate.pool.test_pool import Silent, workload
        from jitgate.pool.pool import WorkerPool
        pool = WorkerPool(workload(), "cpu", Silent(), 60.0)
        workers = pool.spawn(["one", "two"])
        path = pathlib.Path({str(pids)!r})
        path.with_suffix(".draft").write_text(" ".join(str(worker.pid) for worker in workers))
        path.with_suffix(".draft").replace(path)
        time.sleep(600)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", host], cwd=Path(__file__).parents[3])
    deadline = time.monotonic() + 60
    while not pids.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = [psutil.Process(int(pid)) for pid in pids.read_text().split()]
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == []
