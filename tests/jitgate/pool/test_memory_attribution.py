"""What each worker has put on a card: device level, with its allocator's share told apart."""

from __future__ import annotations

from jitgate.device.device_memory import DeviceMemory
from jitgate.device.reading import Missing, Reading
from jitgate.model.memory_peaks import MemoryKind, MemoryPeaks
from jitgate.pool.memory_attribution import DeviceMemoryAttribution

from tests.jitgate.device.device_memories import FakeCard

MIB = 1 << 20
OURS = (11, 12)
RESERVED = MemoryPeaks(900 * MIB, 900 * MIB, 700 * MIB, level_before_bytes=2 * MIB, kind=MemoryKind.RESERVED)


def attributed(memory_attribution: DeviceMemoryAttribution, card: FakeCard, name: str, size_mib: int) -> None:
    with memory_attribution.attributed([name], OURS):
        card.holds[name] = card.holds.get(name, 0) + size_mib * MIB


def test_a_footprint_is_what_the_card_gained_with_context_and_workspaces() -> None:
    card = FakeCard(desktop_bytes=379 * MIB, pids=(7,))
    memory_attribution = DeviceMemoryAttribution(card)
    memory_attribution.add("eager")
    attributed(memory_attribution, card, "eager", 300)  # context, and the allocator's first segment
    attributed(memory_attribution, card, "eager", 600)
    memory_attribution.note_allocator("eager", 602 * MIB)
    memory_attribution.add("jit")
    attributed(memory_attribution, card, "jit", 1000)
    memory_attribution.note_allocator("jit", 800 * MIB)
    assert (memory_attribution.outside_bytes("eager"), memory_attribution.outside_bytes("jit")) == (
        298 * MIB,
        200 * MIB,
    )
    found = memory_attribution.device_level("eager", RESERVED)
    # The allocator's peak, with the segment that was there before the model, and what it does not know.
    assert found.peak_bytes == (900 + 2 + 298) * MIB
    assert found.steady_peak_bytes == (700 + 2 + 298) * MIB
    assert (found.kind, found.others_on_card) == (MemoryKind.DEVICE, 1)
    assert found.unreliable is None


def test_a_worker_that_is_started_again_begins_with_nothing() -> None:
    card = FakeCard()
    memory_attribution = DeviceMemoryAttribution(card)
    memory_attribution.add("jit")
    attributed(memory_attribution, card, "jit", 500)
    memory_attribution.note_allocator("jit", 100 * MIB)
    memory_attribution.add("jit")
    assert (memory_attribution.grown_bytes("jit"), memory_attribution.outside_bytes("jit")) == (0, 0)


def test_two_workers_at_once_are_not_exclusive() -> None:
    card = FakeCard()
    memory_attribution = DeviceMemoryAttribution(card)
    with memory_attribution.attributed(["eager", "jit"], OURS):
        card.holds |= {"eager": MIB, "jit": MIB}
    memory_attribution.note_allocator("jit", 0)
    assert "another worker allocated at the same time" in str(
        memory_attribution.device_level("jit", RESERVED).unreliable
    )


def test_a_process_that_comes_to_the_card_is_not_exclusive_and_a_desktop_is() -> None:
    card = FakeCard(pids=(7,))
    memory_attribution = DeviceMemoryAttribution(card)
    attributed(memory_attribution, card, "eager", 100)
    memory_attribution.note_allocator("eager", 0)
    card.pids = (7, 11)
    attributed(memory_attribution, card, "eager", 100)
    assert memory_attribution.device_level("eager", RESERVED).unreliable is None
    card.pids = (7, 11, 99)
    attributed(memory_attribution, card, "eager", 100)
    assert "another process came to the card" in str(memory_attribution.device_level("eager", RESERVED).unreliable)


def test_a_level_that_moves_while_nobody_is_asked_is_somebody_elses() -> None:
    card = FakeCard()
    memory_attribution = DeviceMemoryAttribution(card)
    attributed(memory_attribution, card, "eager", 100)
    card.desktop_bytes = 100 * MIB
    attributed(memory_attribution, card, "eager", 100)
    memory_attribution.note_allocator("eager", 0)
    assert "moved between two requests" in str(memory_attribution.device_level("eager", RESERVED).unreliable)


def test_a_level_that_a_turn_or_the_end_of_a_worker_moved_is_ours() -> None:
    card = FakeCard()
    memory_attribution = DeviceMemoryAttribution(card)
    attributed(memory_attribution, card, "eager", 100)
    card.holds["eager"] += 100 * MIB
    memory_attribution.invalidate()
    attributed(memory_attribution, card, "jit", 100)
    memory_attribution.note_allocator("jit", 0)
    assert memory_attribution.device_level("jit", RESERVED).unreliable is None


def test_what_can_not_be_read_is_not_invented() -> None:
    class Silent(FakeCard):
        def read(self) -> Reading[DeviceMemory]:
            return Missing("Not Supported")

    memory_attribution = DeviceMemoryAttribution(Silent())
    with memory_attribution.attributed(["eager"], OURS):
        pass
    found = memory_attribution.device_level("eager", RESERVED)
    assert found.peak_bytes is None
    assert found.unreliable == "the card's memory could not be read (Not Supported)"
    unsettled = DeviceMemoryAttribution(FakeCard()).device_level("eager", RESERVED)
    assert (unsettled.peak_bytes, unsettled.outside_bytes) == (None, None)


def test_on_a_cpu_an_answer_stays_as_it_is() -> None:
    memory_attribution = DeviceMemoryAttribution()
    answer = MemoryPeaks(5, kind=MemoryKind.RESIDENT)
    with memory_attribution.attributed(["eager", "jit"], OURS):
        pass
    assert memory_attribution.device_level("eager", answer) == answer
    assert not memory_attribution.one_at_a_time
