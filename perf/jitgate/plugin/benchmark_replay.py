"""pytest-benchmark as front end: durations that were measured elsewhere, handed to the stock fixture.

Nothing private of pytest-benchmark is touched. What this relies on, in 5.2 to 5.3: the `timer` of the `benchmark` mark
is called once before and once after each round of `pedantic`; `config.option.benchmark_storage` may be set before its
own `pytest_configure`, which runs last; `pytest_benchmark_generate_machine_info` takes the first answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from jitgate.plugin.session_state import State

STOCK_STORAGE = "file://./.benchmarks"
"""pytest-benchmark's own default: only then is the storage ours to choose."""


class Replay:
    """A timer that has all its answers beforehand: 0, d1, 0, d2, ..."""

    __name__ = "replayed perf_counter"

    def __init__(self) -> None:
        self._answers: Iterator[float] = iter(())

    def feed(self, durations_s: Sequence[float]) -> None:
        """Give the next rounds their durations."""
        self._answers = iter([answer for duration in durations_s for answer in (0.0, duration)])

    def __call__(self) -> float:
        return next(self._answers)


def replay(item: pytest.Item, benchmark: Any, durations_s: Sequence[float]) -> None:
    """Enter `durations_s` into the `benchmark` fixture of `item`, one round each."""
    marker = item.get_closest_marker("benchmark")
    timer = marker.kwargs.get("timer") if marker else None
    if isinstance(timer, Replay) and durations_s:
        timer.feed(durations_s)
        benchmark.pedantic(_already_measured, rounds=len(durations_s))
    else:
        benchmark.skipped = True  # nothing was measured, and the test says so itself; no warning on top


def use_fingerprint_storage(config: pytest.Config, state: State) -> None:
    """Key the storage by the fingerprint: times of two devices are never compared."""
    if getattr(config.option, "benchmark_storage", None) == STOCK_STORAGE:
        folder = Path(config.rootpath) / ".benchmarks" / state.fingerprint.slug
        config.option.benchmark_storage = f"file://{folder.as_posix()}"


def _already_measured() -> None:
    """Stands for the call that a worker has made."""
