"""A stand-in checkout that this process may import from; nothing of it stays behind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jitgate.worker.factories import build_workload
from jitgate.workloads.weight_source import WeightSource, entered
from jitgate.workloads.workload import Workload
from jitgate_cosyvoice.checkout.built import Built, build

from tests.jitgate_cosyvoice.checkouts import write_checkout

Make = Callable[[str], Workload]
CheckpointPart = Callable[..., Built]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return write_checkout(tmp_path / "CosyVoice")


@pytest.fixture
def unimported() -> Iterator[None]:
    """Path and modules are afterwards what they were before."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.split(".")[0] in {"cosyvoice", "matcha"}:
            del sys.modules[name]


@pytest.fixture
def make(checkout: Path, unimported: None) -> Make:
    """Builds a workload of the stand-in by name, as a worker does."""

    def make(name: str) -> Workload:
        factory = f"jitgate_cosyvoice.checkout.modules:{name.replace('.', '_')}"
        return build_workload(factory, "here", WeightSource(checkout=checkout))

    return make


@pytest.fixture
def part(checkout: Path, unimported: None) -> CheckpointPart:
    """Builds a module of the stand-in without inputs, by family and key."""

    def part(family: str, key: str, checkpoint: Path | None = None) -> Built:
        with entered(WeightSource(checkpoint, checkout)):
            return build(family, key)

    return part
