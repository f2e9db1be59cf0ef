"""Did the variant run, or eager under its name?"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from jitgate.engines.self_checking import RecompileEvent, SelfChecking
from jitgate.model.requests import CheckFallback, LoadVariant, MakeFirstCall, OpenModel
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.worker.fallback_detector import FallbackDetector
from jitgate.worker.self_check import SelfCheck
from jitgate.worker.service import WorkerService

from tests.jitgate.pool.models import Tiny

X = torch.randn(3, 64)
Make = Callable[[torch.nn.Module], Callable[..., Any]]


def patched(module: torch.nn.Module) -> Callable[..., Any]:
    """Another activation, put in place of one that the module had."""
    module.extra = torch.nn.Identity()
    return module


def zeroed(module: torch.nn.Module) -> Callable[..., Any]:
    with torch.no_grad():
        module.second.bias.zero_()  # type: ignore[operator,union-attr]
    return module


def under_autocast(module: torch.nn.Module) -> Callable[..., Any]:
    def call(*inputs: Any) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return module(*inputs)

    return call


def with_attribute(module: torch.nn.Module) -> Callable[..., Any]:
    module.fast = True  # type: ignore[assignment]
    return module


def padded(module: torch.nn.Module) -> Callable[..., Any]:
    return lambda x, scale: module(torch.nn.functional.pad(x, (0, 0, 0, 5)), scale)[: len(x)]


def compiled(module: torch.nn.Module) -> Callable[..., Any]:
    return torch.compile(module, backend="eager")


@pytest.fixture(autouse=True)
def fresh_compiler() -> Iterator[None]:
    yield
    torch._dynamo.reset()


def sentence(make: Make, times: int = 1) -> str | None:
    """What is said of `make(module)` at the last of so many calls."""
    module = Tiny().eval()
    detector = FallbackDetector(module)
    runner = make(module)
    detector.start_watching()
    said = None
    for _ in range(times):
        call = partial(runner, X, 2)
        answer, said = detector.watch(call, call.args)
        assert answer.shape == (3, 64)
    return said


@pytest.mark.parametrize(
    "make",
    [
        lambda module: module,
        lambda module: module.forward,
        lambda module: lambda *inputs: module(*inputs) if inputs else None,
        lambda module: lambda x, scale: module(x, scale=scale) * 1.0,
        lambda module: partial(module.__call__),
    ],
    ids=["itself", "bound method", "wrapped", "and some more", "partial"],
)
def test_the_module_itself_is_eager_however_it_is_wrapped(make: Make) -> None:
    said = sentence(make)
    assert said is not None
    assert said.startswith("fell back to eager")


@pytest.mark.parametrize(
    "make",
    [
        copy.deepcopy,
        lambda module: module.half().float(),
        lambda module: lambda x, scale: module.second(torch.relu(module.first(x))) * scale,
        patched,
        zeroed,
        under_autocast,
        with_attribute,
        padded,
    ],
    ids=["copy", "weights moved", "rewritten", "layer", "weights", "autocast", "attribute", "inputs"],
)
def test_what_was_changed_is_not_eager(make: Make) -> None:
    assert sentence(make) is None


def test_a_setting_of_torch_makes_a_variant() -> None:
    before = torch.get_float32_matmul_precision()

    def relaxed(module: torch.nn.Module) -> Callable[..., Any]:
        torch.set_float32_matmul_precision("medium")
        return module

    try:
        assert sentence(relaxed) is None
    finally:
        torch.set_float32_matmul_precision(before)


def test_a_compiled_module_is_not_eager_and_one_that_fell_back_is() -> None:
    assert sentence(compiled, times=3) is None
    with torch.compiler.set_stance("force_eager"):  # as dynamo does by itself after eight recompiles
        assert sentence(compiled) is not None


def test_a_scripted_module_has_no_python_to_be_caught_in() -> None:
    scripted = torch.jit.script(Tiny().eval())
    detector = FallbackDetector(scripted)
    detector.start_watching()
    assert detector.watch(partial(scripted, X), (X,))[1] is None


def checked(runner: Any, name: str, where: str) -> SelfCheck:
    found = SelfCheck()
    module: torch.nn.Module = getattr(runner, "call", runner)
    found.remember(module)
    found.follow(VariantSpec(name, "a:b", where=where), [runner])
    found.watched(partial(runner, X))
    return found


@pytest.fixture
def stage() -> Iterator[WorkerService]:
    threads = torch.get_num_threads()
    made = WorkerService()
    made.answer(OpenModel("tests.jitgate.pool.models:tiny", "a test"))
    yield made
    torch.set_num_threads(threads)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16", "autocast-bf16", "autocast-fp16"])
@pytest.mark.parametrize(
    ("engine", "factory", "on"),
    [
        ("compile", "tests.jitgate.pool.models:plain", False),
        ("compile", "tests.jitgate.pool.models:copied", True),
        ("eager", "jitgate.engines.eager:eager", True),
    ],
    ids=["an engine that silently returns eager", "one that does something", "eager itself"],
)
def test_eager_is_seen_in_every_precision(
    stage: WorkerService, tmp_path: Path, engine: str, factory: str, on: bool, precision: str
) -> None:
    spec = VariantSpec(f"{engine}+{precision}", factory, precision=precision, engine=engine)
    stage.answer(LoadVariant(spec))
    stage.answer(MakeFirstCall("short", tmp_path))
    fallback = stage.answer(CheckFallback("short")).fallback
    assert (
        fallback is None if on else str(fallback).startswith("fell back to eager: the original module's forward() ran")
    )


def test_eager_is_eager_and_a_users_runner_that_checks_itself_is_believed() -> None:
    module = Tiny().eval()
    assert checked(module, BASELINE, "jitgate").fallback() is None
    assert checked(module, "mine", "my.toml").fallback() is not None
    assert checked(SelfChecking(module), "mine", "my.toml").fallback() is None
    assert checked(SelfChecking(module), "compile", "jitgate").fallback() is not None
    assert (
        checked(SelfChecking(module, lambda call: "its card is gone"), "mine", "my.toml").fallback()
        == "its card is gone"
    )


def test_what_a_runner_rebuilt_is_asked_of_it() -> None:
    told: list[dict[str, int]] = [{}, {RecompileEvent.RECAPTURE.value: 2}]
    found = checked(SelfChecking(Tiny().eval(), recompiles=told.pop), "mine", "my.toml")
    assert found.recompiles() == {"CUDA-graph re-capture": 2}
    assert found.recompiles() == {}
