"""Every engine that runs on a CPU really runs a tiny module, at the precisions that it claims.

What calls a C++ compiler takes ten seconds a time: one precision of `compile` stands for all of it here, and those of
inductor have tests of their own. A smoke session (`--jitgate-smoke --jitgate-variants all`) runs all of them on real
models.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from jitgate.engines.available import missing
from jitgate.engines.builtin import built_in
from jitgate.engines.compiler import missing_compiler
from jitgate.engines.protocols import Runner
from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.model.artefact_file import ArtefactFile
from jitgate.model.errors import Unavailable
from jitgate.model.tolerance import TOLERANCE
from jitgate.values.leaves import leaves
from jitgate.worker.accuracy import distance
from jitgate.worker.variant_runner import VariantRunner

from tests.jitgate.pool.models import Tiny

COMPILING = {
    "compile": ["compile+autocast-bf16"],
    "compile-max-autotune": [],
    "inductor": [],
    "inductor-int8-dynamic": [],
}
"""Engine -> the variants of it that are tried."""

TRIED = [
    spec.name
    for spec in built_in().variants.values()
    if spec.engine
    and (missing(spec, "cpu") is None or "needs the package" in str(missing(spec, "cpu")))
    and (spec.engine not in COMPILING or spec.name in COMPILING[spec.engine])
]

CALLS = [(torch.randn(length, 64, generator=torch.Generator().manual_seed(length)), 2) for length in (5, 9)]


class Nested(torch.nn.Module):
    """Nested arguments and answers, an input that nothing reads, integers beside floats."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(8, 8)

    def forward(
        self, x: torch.Tensor, unread: torch.Tensor, pair: tuple[torch.Tensor, torch.Tensor], flag: bool
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        scaled = self.linear(x) * (2 if flag else 3)
        return scaled + pair[0], (pair[1] + 1, scaled.argmax(dim=-1))


def seeded(module: type[torch.nn.Module]) -> torch.nn.Module:
    torch.manual_seed(0)
    return module().eval().requires_grad_(False)


def runner(name: str, module: torch.nn.Module, calls: list[Any], folder: Path) -> tuple[VariantRunner, Runner]:
    spec = built_in().named(name)
    reason = missing(spec, "cpu")
    if reason is not None:
        pytest.skip(reason)
    variant_runner = VariantRunner(spec, "cpu")
    if not spec.exported:
        return variant_runner, variant_runner.applied(module, calls[0])
    described = variant_runner.described()
    if described.unavailable:
        pytest.skip(described.unavailable)
    path = folder / f"tiny{described.suffix}"
    facts: Mapping[str, str] = variant_runner.export(module, calls, path)
    assert path.stat().st_size > 0
    return variant_runner, variant_runner.loaded({"one": ArtefactFile(path, facts)})["one"]


@pytest.mark.parametrize("name", TRIED)
@pytest.mark.slow
def test_it_runs_and_gives_the_right_answer(name: str, tmp_path: Path) -> None:
    if built_in().named(name).engine in COMPILING and missing_compiler():
        pytest.skip(str(missing_compiler()))
    right = [leaves(seeded(Tiny)(*call)) for call in CALLS]
    variant_runner, run = runner(name, seeded(Tiny), CALLS, tmp_path)
    with torch.inference_mode():
        found = [leaves(run(*variant_runner.inputs(call))) for call in CALLS]
    worst = max(distance(one, other) for one, other in zip(found, right, strict=True))
    assert worst <= TOLERANCE[variant_runner.spec.roughest]
    if variant_runner.spec.roughest != "fp32":
        assert worst > 1e-5, "in coarser numbers the answer can't be float32's"
    if isinstance(run, SelfCheckingRunner):
        assert run.proof() is None


@pytest.mark.parametrize("name", ["torchscript", "onnxruntime"])
def test_nested_arguments_and_answers_keep_their_shape(name: str, tmp_path: Path) -> None:
    def call(length: int) -> tuple[Any, ...]:
        x = torch.ones(length, 8)
        return (x, torch.zeros(3), (x * 2, torch.zeros(4, dtype=torch.int64)), True)

    _, run = runner(name, seeded(Nested), [call(3), call(5)], tmp_path)
    with torch.inference_mode():
        first, (second, third) = run(*call(7))
        right = seeded(Nested)(*call(7))
    torch.testing.assert_close(first, right[0])
    assert torch.equal(second, right[1][0])
    assert torch.equal(third, right[1][1])


class Spectral(torch.nn.Module):
    """Complex numbers in and out, next to real ones."""

    def forward(self, x: torch.Tensor, spectrum: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x * 2, torch.fft.rfft(x) * spectrum.conj()


def test_onnx_carries_complex_numbers_as_pairs(tmp_path: Path) -> None:
    def call(rows: int) -> tuple[Any, ...]:
        return torch.randn(rows, 8), torch.randn(rows, 5, dtype=torch.complex64)

    _, run = runner("onnxruntime", seeded(Spectral), [call(3), call(5)], tmp_path)
    with torch.inference_mode():
        inputs = call(4)
        torch.testing.assert_close(run(*inputs), seeded(Spectral)(*inputs))


class NoHalf(torch.nn.Module):
    """A transform that a CPU knows in float32 only."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.view_as_real(torch.fft.rfft(x))


@pytest.mark.parametrize("name", ["torchscript+bf16", "onnxruntime+fp16"])
def test_a_precision_that_an_operator_lacks_is_refused_before_the_export(name: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        runner(name, NoHalf().eval(), [(torch.zeros(4, 9),)], tmp_path)
    assert str(caught.value).startswith(f"{name}: an operator of this model has no ")
    assert "\n" not in str(caught.value)


class Unreadable(torch.nn.Module):
    """Python that asks for data."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2 if sum(value for value in x.flatten().tolist()) > 0 else globals()["absent"](x)


@pytest.mark.parametrize(("name", "exporter"), [("torchscript", "TorchScript"), ("onnxruntime", "torch.export")])
def test_what_an_exporter_can_not_read_is_refused_in_one_line(name: str, exporter: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        runner(name, Unreadable().eval(), [(torch.ones(4),)], tmp_path)
    assert str(caught.value).startswith(f"{exporter} can't carry this model: ")
    assert "\n" not in str(caught.value)


def test_a_compiler_that_compiled_nothing_is_eager() -> None:
    from jitgate.engines.compiled import Compiled

    run = Compiled(seeded(Tiny), "default")
    with torch.compiler.set_stance("force_eager"):
        run(*CALLS[0])
    assert run.proof() == "torch.compile compiled no graph at all: what ran is eager"


def test_a_precision_and_an_option_are_part_of_the_key() -> None:
    names = ["torchscript", "torchscript+bf16", "torchscript+ofi", "torchscript+original"]
    keys = [VariantRunner(built_in().named(name), "cpu").described().key for name in names]
    assert len(set(keys)) == len(names)
    assert keys == [VariantRunner(built_in().named(name), "cpu").described().key for name in names]


def test_the_switches_of_the_originals_export_are_put_back(tmp_path: Path) -> None:
    before = torch._C._jit_set_profiling_executor(True), torch._C._jit_set_profiling_mode(True)
    runner("torchscript+original", seeded(Tiny), CALLS, tmp_path)
    assert torch._C._jit_set_profiling_executor(before[0]) is True
    assert torch._C._jit_set_profiling_mode(before[1]) is True
