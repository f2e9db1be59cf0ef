"""Integers in a package: every layer that a call computes is one, and what is built with the package is not."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from jitgate.engines.capture import captured
from jitgate.engines.compiler import missing_compiler
from jitgate.engines.graph.hoisting import hoisted
from jitgate.model.errors import Unavailable

from tests.jitgate.engines.graph.rewriting import Steps
from tests.jitgate.engines.graph.test_hoisting import Positions
from tests.jitgate.pool.models import Tiny

pytest.importorskip("torchao", reason='int8 needs torchao: python -m pip install "jitgate[int8]"')

from jitgate.engines.inductor_int8 import InductorInt8, QuantisedPackage, constant_layers, quantised

CALLS = [(torch.randn(1, length, 8),) for length in (5, 9)]


class AOTIModelPackageLoader:
    """Stands in for torch's own."""

    def get_metadata(self) -> dict[str, str]:
        return {"AOTI_DEVICE_KEY": "cpu"}


class Deaf(torch.nn.Module):
    """Its one linear layer reads a parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Parameter(torch.randn(3, 8))
        self.layer = torch.nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = x + self.layer(self.table).sum(dim=0)
        return answer


def test_layers_of_constants_are_found_once_their_slices_are_behind_them() -> None:
    program = captured(Positions().eval(), CALLS)
    assert constant_layers(program) == set()
    hoisted(program)
    assert constant_layers(program) == {"first", "second"}


def test_what_a_call_computes_is_int8_and_what_is_built_is_not() -> None:
    module = Positions().eval()
    assert quantised(module, CALLS) == {"fallback": "", "partly": ""}
    assert type(module.own.weight.data) is not torch.Tensor
    assert type(module.first.weight.data) is type(module.second.weight.data) is torch.Tensor


def test_a_quantiser_that_quantised_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchao.quantization.quantize_", lambda *_, **__: None)
    facts = quantised(Positions().eval(), CALLS)
    package = QuantisedPackage(SimpleNamespace(loader=AOTIModelPackageLoader()), "cpu", facts)
    assert package.proof() == "quantised none of its linear layers"


def test_a_package_of_integers_is_still_a_package_for_its_device() -> None:
    package, whole = SimpleNamespace(loader=AOTIModelPackageLoader()), {"fallback": "", "partly": ""}
    assert QuantisedPackage(package, "cpu", whole).proof() is None
    assert QuantisedPackage(package, "cuda", whole).proof() == "the package was compiled for cpu, and this is cuda"
    assert QuantisedPackage(Tiny(), "cpu", whole).proof() == "a Tiny was loaded, which holds no compiled package"
    assert QuantisedPackage(package, "cpu", whole).partly() is None
    assert QuantisedPackage(package, "cpu", {**whole, "partly": "left a"}).partly() == "left a"


@pytest.mark.parametrize("module", [torch.nn.Tanh(), Deaf()])
def test_a_model_that_computes_no_linear_layer_is_refused(module: torch.nn.Module) -> None:
    with pytest.raises(Unavailable, match="a call of this model computes none"):
        quantised(module.eval(), CALLS)


def test_what_is_repeated_is_refused_as_inductor_does(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="runs child several times"):
        InductorInt8().export(Steps(), [(torch.randn(5, 4),)], tmp_path / "steps.pt2")


@pytest.mark.slow
@pytest.mark.skipif(missing_compiler() is not None, reason=str(missing_compiler()))
def test_a_package_multiplies_integers_at_lengths_it_was_not_exported_with(tmp_path: Path) -> None:
    module = Positions().eval()
    long = torch.randn(1, 17, 8)
    with torch.no_grad():
        exact = module(long)
    path = tmp_path / "positions.fp32.pt2"
    facts = InductorInt8().export(module, CALLS, path)
    loaded = InductorInt8().load(path, "cpu", facts)
    assert isinstance(loaded, QuantisedPackage)
    assert loaded.proof() is None
    with torch.no_grad():
        torch.testing.assert_close(loaded(long), module(long), rtol=1e-4, atol=1e-4)
        assert 1e-4 < float((loaded(long) - exact).norm() / exact.norm()) < 0.1
