"""Packages are imported before the model, so that they are in no figure of its memory."""

from __future__ import annotations

from pathlib import Path

from jitgate.model.package_requests import ImportPackages
from jitgate.worker.service import WorkerService
from jitgate.workloads.weight_source import WeightSource, current

HELD: list[bytes] = []
SEEN: list[tuple[str, WeightSource]] = []
SIZE = 64 << 20


def packages(factory: str) -> None:
    SEEN.append((factory, current()))
    HELD.append(b"x" * SIZE)


def test_what_they_take_is_told_and_the_level_before_the_model_has_it() -> None:
    service = WorkerService()
    where = Path("/checkout")
    asked = ImportPackages(f"{__name__}:packages", "a.module:factory", "here", None, where)
    try:
        taken = service.answer(asked)
        assert [("a.module:factory", WeightSource(None, where))] == SEEN
        assert SIZE * 0.9 < taken.bytes < SIZE * 1.5
        service.footprint.mark()
        assert service.footprint.before_bytes > SIZE
        assert (service.footprint.peaks().peak_bytes or 0) < SIZE / 2
    finally:
        HELD.clear()
        SEEN.clear()
