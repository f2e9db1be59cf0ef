"""TorchScript: what ships is a file, and what was loaded from it must be a graph."""

from collections.abc import Callable
from pathlib import Path
from types import MethodType

import pytest
import torch
from jitgate.engines.scripted import Scripted
from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.engines.torchscript import TorchScript
from jitgate.model.errors import Unavailable
from torch import nn
from torch.nn.utils import prune

from tests.jitgate.pool.models import Tiny

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
    assert isinstance(loaded, Scripted)
    torch.testing.assert_close(loaded(X, 2), module(X, 2))
    assert list(loaded.module.parameters()) == [], "frozen: weights are constants of the graph"


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


def test_a_graph_that_was_never_planned_is_no_proof(saved: tuple[Path, dict[str, str]]) -> None:
    loaded = TorchScript().load(saved[0], "cpu", saved[1])
    assert isinstance(loaded, SelfCheckingRunner)
    assert loaded.recompiles() == {}
    assert "planned nothing" in (loaded.proof() or "")
    for _ in range(2):
        loaded(X, 2)
    assert loaded.proof() is None
    assert loaded.recompiles() == {"new specialisation": 1}, "the profiling executor has made its optimised graph"
    loaded(torch.randn(7, 64), 3)
    assert loaded.recompiles() == {}


def test_python_code_in_the_place_of_a_graph_is_seen() -> None:
    assert "a Tiny was loaded" in (Scripted(Tiny()).proof() or "")  # type: ignore[arg-type]  # what it is asked about


def weight_normed(norm: Callable[[nn.Module], nn.Module]) -> nn.Module:
    return nn.Sequential(norm(nn.Conv1d(4, 4, 3, padding=1))).eval()


@pytest.mark.parametrize("norm", [nn.utils.parametrizations.weight_norm, nn.utils.weight_norm])
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_live_weight_norm_is_refused_with_the_way_out(tmp_path: Path, norm: Callable[[nn.Module], nn.Module]) -> None:
    path = tmp_path / "model.zip"
    with pytest.raises(Unavailable, match=r"remove_parametrizations or torch.nn.utils.remove_weight_norm"):
        TorchScript().export(weight_normed(norm), [(torch.randn(1, 4, 8),)], path)
    assert not path.exists(), "what can't run is not kept as a good export"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pruned_weights_and_hooks_that_are_lambdas_are_refused_with_the_way_out(tmp_path: Path) -> None:
    pruned, hooked = (nn.Sequential(nn.Linear(4, 4)).eval() for _ in range(2))
    prune.l1_unstructured(pruned[0], "weight", 0.5)  # type: ignore[no-untyped-call]
    hooked[0].register_forward_pre_hook(lambda _, args: None)
    for module, words in ((pruned, "with torch.nn.utils.prune.remove"), (hooked, "is a lambda, and has no source")):
        with pytest.raises(Unavailable, match=words):
            TorchScript().export(module, [(torch.randn(1, 4),)], tmp_path / "model.zip")


def doubled(self: nn.ReLU, x: torch.Tensor) -> torch.Tensor:
    return nn.functional.relu(x) * 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forward_of_one_layer_s_own_is_refused_with_the_way_out(tmp_path: Path) -> None:
    module = nn.Sequential(nn.ReLU(), nn.ReLU()).eval()
    module[1].forward = MethodType(doubled, module[1])
    path = tmp_path / "model.zip"
    with pytest.raises(Unavailable, match=r"forward of a class, and 1 has one of its own; .* torchscript\+trace"):
        TorchScript().export(module, [(X,)], path)
    facts = TorchScript(trace=True).export(module, [(X,)], path)
    assert torch.equal(TorchScript(trace=True).load(path, "cpu", facts)(X), 2 * X.relu())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_folded_weight_norm_is_carried(tmp_path: Path) -> None:
    module = weight_normed(nn.utils.parametrizations.weight_norm)
    nn.utils.parametrize.remove_parametrizations(module[0], "weight")  # type: ignore[index]
    TorchScript().export(module, [(torch.randn(1, 4, 8),)], tmp_path / "model.zip")
    assert (tmp_path / "model.zip").exists()
