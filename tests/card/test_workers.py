"""Real worker processes on a card: what each takes of it, the cap that holds it, and an allocation that fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.device.device import Device
from jitgate.device.device_memory import NvmlMemory
from jitgate.device.reading import Missing
from jitgate.model.failure import FailureKind
from jitgate.model.memory_peaks import MemoryKind
from jitgate.model.requests import ReadMemory
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.pool.binding import bind
from jitgate.pool.memory_attribution import DeviceMemoryAttribution
from jitgate.pool.pool import WorkerPool
from jitgate.pool.prepare import make_ready
from jitgate.workloads.spec import WorkloadSpec

from tests.card.planted import WEIGHTS
from tests.jitgate.pool.test_pool import EAGER, Silent

pytestmark = pytest.mark.card

MIB = 1 << 20
CAP = 2048 * MIB

PLANTED = WorkloadSpec("planted", "tests.card.planted:planted", ("short",), (BASELINE,), where="planted.toml")


def brought(name: str) -> VariantSpec:
    return VariantSpec(name, f"tests.card.planted:{name}", where="planted.toml")


def pool_on(card: Device, memory_limit_bytes: int | None = None) -> WorkerPool:
    assert card.card is not None
    account = DeviceMemoryAttribution(NvmlMemory(card.card.uuid))
    return WorkerPool(PLANTED, card.name, Silent(), 120.0, memory_limit_bytes, account)


def test_a_worker_under_a_cap_is_seen_whole_and_one_that_does_not_fit_fails_by_so_much(
    card: Device, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """One story, since every worker costs an import of torch and a context."""
    cache = ArtefactCache(tmp_path)
    with pool_on(card, CAP) as pool:
        ready = make_ready(pool, [EAGER, brought("hungry")], ["short"], cache, Silent(), control=False)
        bind(pool, "short", ready.cold_start)
        eager, hungry = pool.workers[BASELINE], pool.workers["hungry"]

        # The card has gained the weights, and what torch's allocator does not know of: the context.
        read = pool.ask(eager, "reading", ReadMemory())
        assert read is not None
        assert read.kind is MemoryKind.RESERVED
        assert read.peak_bytes == pytest.approx(WEIGHTS, abs=32 * MIB)
        whole = pool.memory_attribution.device_level(BASELINE, read)
        record_property("device_level", str(whole))
        assert whole.kind is MemoryKind.DEVICE
        assert whole.unreliable is None
        assert whole.outside_bytes is not None
        assert 50 * MIB < whole.outside_bytes < 1500 * MIB
        assert whole.peak_bytes is not None
        assert whole.peak_bytes > WEIGHTS + whole.outside_bytes - 32 * MIB

        # The cap is torch's own, and leaves room for the context.
        assert read.cap is not None
        assert read.cap.enforced_bytes == CAP
        assert read.cap.context_bytes == pytest.approx(whole.outside_bytes, abs=200 * MIB)
        assert read.cap.enforced_by == "torch.cuda.set_per_process_memory_fraction"

        # What does not fit says what it asked for.
        failure = hungry.failure
        assert failure is not None
        record_property("over the cap", failure.sentence)
        assert failure.kind is FailureKind.OUT_OF_MEMORY
        assert failure.out_of_memory is not None
        assert failure.out_of_memory.requested_bytes == pytest.approx(3072 * MIB, abs=MIB)
        assert failure.out_of_memory.cap_bytes == CAP
        assert "does not fit under the enforced" in failure.sentence
        assert eager.alive
        assert pool.turn(BASELINE, "short", 0, 3) is not None, "the others go on"


def test_an_allocation_that_no_card_can_serve_is_a_failure_of_one_worker(
    card: Device, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with pool_on(card) as pool:
        ready = make_ready(
            pool, [EAGER, brought("greedy")], ["short"], ArtefactCache(tmp_path), Silent(), control=False
        )
        bind(pool, "short", ready.cold_start)
        failure = pool.workers["greedy"].failure
        assert failure is not None
        record_property("over the card", failure.sentence)
        assert failure.kind is FailureKind.OUT_OF_MEMORY
        assert failure.out_of_memory is not None
        assert failure.out_of_memory.cap_bytes is None
        assert failure.out_of_memory.requested_bytes == pytest.approx(1 << 42, rel=0.01)
        assert failure.out_of_memory.state["free_bytes"] <= failure.out_of_memory.state["total_bytes"]
        assert pool.turn(BASELINE, "short", 0, 3) is not None
        assert pool.workers[BASELINE].alive


def test_two_workers_at_once_leave_the_card_as_they_found_it(card: Device, tmp_path: Path) -> None:
    assert card.card is not None
    reader = NvmlMemory(card.card.uuid)
    before = reader.read()
    with pool_on(card) as pool:
        make_ready(pool, [EAGER], ["short"], ArtefactCache(tmp_path), Silent())
        during = reader.read()
    after = reader.read()
    assert not isinstance(before, Missing)
    assert not isinstance(during, Missing)
    assert not isinstance(after, Missing)
    assert during.used_bytes - before.used_bytes > 2 * WEIGHTS
    assert after.used_bytes == pytest.approx(before.used_bytes, abs=64 * MIB)
