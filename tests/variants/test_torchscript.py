"""TorchScript: what ships is a file, and what was loaded from it must be a graph."""

from pathlib import Path

import pytest
import torch

from perf.variants.torchscript import TorchScript
from tests.workers.models import Tiny

X = torch.randn(3, 64)


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    path = tmp_path / "tiny.fp32.zip"
    facts = TorchScript().export(Tiny().eval(), [(X, 1)], path)
    return path, dict(facts)


def test_the_loaded_graph_gives_the_answer_of_the_module(tmp_path: Path) -> None:
    module = Tiny().eval()
    path = tmp_path / "tiny.fp32.zip"
    facts = TorchScript().export(module, [(X, 1)], path)
    loaded = TorchScript().load(path, "cpu", facts)
    assert isinstance(loaded, torch.jit.ScriptModule)
    torch.testing.assert_close(loaded(X, 2), module(X, 2))
    assert list(loaded.parameters()) == [], "frozen: weights are constants of the graph"


def test_the_signature_is_kept_with_its_types(saved: tuple[Path, dict[str, str]]) -> None:
    assert saved[1] == {"signature": "x: Tensor, scale: int"}


def test_another_signature_than_was_exported_is_refused(saved: tuple[Path, dict[str, str]]) -> None:
    path, _ = saved
    with pytest.raises(RuntimeError, match="but what was exported takes x: Tensor, streaming: bool"):
        TorchScript().load(path, "cpu", {"signature": "x: Tensor, streaming: bool"})


def test_what_is_no_graph_at_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.jit, "load", lambda path, map_location: Tiny())
    with pytest.raises(RuntimeError, match="loaded as Tiny, not as a ScriptModule"):
        TorchScript().load(tmp_path / "x.zip", "cpu", {})
