"""Inductor ahead of time: one package for all lengths, and what is free in it."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from jitgate.engines.capture import free_sizes
from jitgate.engines.inductor import Inductor, Packaged
from jitgate.engines.scratch import VARIABLE
from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.model.errors import Unavailable

from tests.jitgate.engines.graph.rewriting import Steps
from tests.jitgate.pool.models import Tiny

DYNAMIC = torch.export.Dim.DYNAMIC


def test_free_is_what_differs_among_the_calls() -> None:
    calls = [(torch.zeros(1, length, 8), torch.zeros(2), 3, True) for length in (4, 5, 6)]
    assert free_sizes(calls) == ({1: DYNAMIC}, None, None, None)


def test_nothing_is_free_where_nothing_differs() -> None:
    assert free_sizes([(torch.zeros(2, 3),)]) == (None,)


@pytest.mark.skipif(Inductor().unavailable() is not None, reason=str(Inductor().unavailable()))
@pytest.mark.slow
def test_a_package_serves_lengths_it_was_not_exported_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv(VARIABLE, str(scratch))
    module = Tiny().eval()
    path = tmp_path / "tiny.fp32.pt2"
    calls = [(torch.randn(length, 64), 2) for length in (5, 9)]
    facts = Inductor().export(module, calls, path)
    loaded = Inductor().load(path, "cpu", facts)
    assert list(scratch.iterdir()), "torch unpacked the package there, and not among the system's temporary files"
    assert isinstance(loaded, SelfCheckingRunner)
    assert loaded.proof() is None
    assert loaded.recompiles() == {}
    for length in (5, 9, 17):
        x = torch.randn(length, 64)
        with torch.no_grad():
            torch.testing.assert_close(loaded(x, 2), module(x, 2))


def test_what_is_repeated_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="runs child several times"):
        Inductor().export(Steps(), [(torch.randn(5, 4),)], tmp_path / "steps.pt2")


def test_without_a_compiler_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    reason = Inductor().unavailable()
    assert reason is not None
    assert "C++ compiler" in reason
    assert "install one" in reason


class AOTIModelPackageLoader:
    """Stands in for torch's own: one that was compiled for a card."""

    def get_metadata(self) -> dict[str, str]:
        return {"AOTI_DEVICE_KEY": "cuda"}


def test_a_package_for_another_device_or_none_at_all_is_seen() -> None:
    package = SimpleNamespace(loader=AOTIModelPackageLoader())
    assert Packaged(package, "cuda:0").proof() is None
    assert Packaged(package, "cpu").proof() == "the package was compiled for cuda, and this is cpu"
    assert Packaged(Tiny(), "cpu").proof() == "a Tiny was loaded, which holds no compiled package"
