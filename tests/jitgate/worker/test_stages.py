"""The stages of a pipeline in a worker: recorded, timed, counted, and run in another way."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from jitgate.device.stopwatch import WallStopwatch
from jitgate.engines.builtin import built_in
from jitgate.model.artefact_file import StageVariant
from jitgate.model.errors import UsageError
from jitgate.model.variant import VariantSpec
from jitgate.worker.flop_count import count_flops
from jitgate.worker.self_check import SelfCheck
from jitgate.worker.slot import Slot
from jitgate.worker.stage_flops import WHOLE, counted
from jitgate.worker.stages import ArgumentOrder, PipelineStages, ReplacedStage
from jitgate.workloads.stage import Stage, StageOutput, Utterance
from jitgate.workloads.workload import Workload
from torch.utils.flop_counter import FlopCounterMode

NONE = torch.zeros(0)


class Encoder(torch.nn.Module):
    """A linear layer, called with less than it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(8, 8)

    def forward(self, x: torch.Tensor, ahead: torch.Tensor = NONE, streaming: bool = False) -> torch.Tensor:
        out: torch.Tensor = self.layer(x)
        return out * 2 if streaming else out


class Speaker(torch.nn.Module):
    """Encodes once and speaks as often as it is told, into a buffer that it fills again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.front = torch.nn.Module()
        self.front.encoder = Encoder()
        self.voice = torch.nn.Linear(8, 16)

    def forward(self, x: torch.Tensor, times: int) -> torch.Tensor:
        encoder: Any = self.front.encoder
        h = encoder(x, streaming=times > 2)
        buffer, out = torch.zeros_like(h), torch.zeros(x.size(0), 16)
        for number in range(times):
            buffer[:] = h * number
            out = out + self.voice(buffer)
        return out


PARTS = {"encoder": Stage("front.encoder"), "voice": Stage("voice", output=StageOutput.AUDIO)}


def doubled(module: torch.nn.Module, example: tuple[Any, ...]) -> Any:
    assert len(example) == 3
    return lambda *inputs: 2 * module(*inputs)


def not_callable(module: torch.nn.Module, example: tuple[Any, ...]) -> Any:
    return 42


def brought(name: str) -> VariantSpec:
    return VariantSpec(name, f"tests.jitgate.worker.test_stages:{name}", where="my.toml")


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    """As in a worker."""
    with torch.no_grad():
        yield


@pytest.fixture
def workload() -> Workload:
    torch.manual_seed(0)
    scenarios = {"short": (torch.randn(3, 8), 2), "long": (torch.randn(5, 8), 4)}
    return Workload(Speaker().eval(), scenarios, stages=PARTS, utterances={"short": Utterance(1.5, 3, 2)})


def test_the_calls_of_stages_are_recorded_and_the_pipeline_left_as_it_was(workload: Workload) -> None:
    before = list(workload.module.state_dict())
    stages = PipelineStages(workload)
    found = {name: stages.content(name) for name in ("encoder", "voice")}
    kinds = {
        name: f"torch.float32[n,n] torch.float32[0] {streaming}"
        for name, streaming in (("short", False), ("long", True))
    }
    assert found["encoder"].signatures == {name: (kind,) for name, kind in kinds.items()}
    assert found["encoder"].spread == {kinds["short"]: "3,8;0", kinds["long"]: "5,8;0"}
    assert found["voice"].spread == {"torch.float32[n,n]": "*,8"}
    assert found["encoder"].weights != found["voice"].weights
    assert list(workload.module.state_dict()) == before


def test_calls_that_are_kept_are_copies(workload: Workload) -> None:
    module, calls = PipelineStages(workload).source("voice", None)
    assert module is workload.module.voice
    # The buffer's first filling: it was full of something else when the call was over.
    assert [call[0].abs().sum().item() for call in calls] == [0.0, 0.0]
    assert [call[0].size(0) for call in calls] == [3, 5]


def test_parts_are_timed_where_they_are(workload: Workload) -> None:
    stages = PipelineStages(workload)
    call = workload.calls("long")[0]
    right = workload.module(*call)
    stages.replace(())
    stages.start()
    assert torch.equal(workload.module(*call), right)
    stage_times = {each.stage: (each.spent_s, each.first_s, each.calls) for each in stages.read()}
    assert {name: calls for name, (_, _, calls) in stage_times.items()} == {"encoder": 1, "voice": 4}
    assert 0 < stage_times["encoder"][1] < stage_times["voice"][1], (
        "the encoder is done before the voice has spoken first"
    )
    assert all(spent > 0 for spent, _, _ in stage_times.values())
    stages.start()
    workload.module(*workload.calls("short")[0])
    assert {each.stage: each.calls for each in stages.read()} == {"encoder": 1, "voice": 2}, "each call by itself"


def test_operations_are_counted_by_part(workload: Workload) -> None:
    stages = PipelineStages(workload)
    stages.replace(())
    # Two for each weight and row: 8 x 8 once, 8 x 16 four times.
    assert stages.flops("long") == {"encoder": 2 * 5 * 64, "voice": 4 * 2 * 5 * 128, "": 2 * 5 * (64 + 4 * 128)}
    stages.start()
    workload.module(*workload.calls("short")[0])
    assert len(stages.read()) == 2, "timed again, and not counted"


def test_parts_are_counted_as_the_work_of_a_call_is_and_without_torchs_compiler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Attending(torch.nn.Module):
        def forward(self, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.scaled_dot_product_attention(query, key, key) @ torch.ones(8, 4)

    def imports_the_compiler(mode: object) -> None:
        raise AssertionError("three seconds and 100 MiB in a worker that is measured")

    monkeypatch.setattr(FlopCounterMode, "__enter__", imports_the_compiler)
    query, key = torch.randn(1, 2, 3, 8), torch.randn(1, 2, 5, 8)
    slot = Slot("attention", Attending(), WallStopwatch())
    found = counted(lambda: slot(query, key), [slot])
    operations = 2 * 2 * (3 * 5 * 8) * 2 + 2 * 2 * 3 * 8 * 4
    assert found == {"attention": operations, WHOLE: operations}
    assert count_flops([lambda: slot.run(query, key)], torch.nn.Identity(), [(query, key)]).flops == operations


def test_a_part_runs_in_another_way_and_its_own_module_is_let_go(workload: Workload) -> None:
    call = workload.calls("short")[0]
    right = workload.module(*call)
    stages = PipelineStages(workload)
    stages.replace([StageVariant("encoder", brought("doubled"))])
    # The voice is linear: what the encoder gives twice, it gives twice too, but for its own bias.
    voice: Any = workload.module.voice
    offset = 2 * voice.run.bias
    torch.testing.assert_close(workload.module(*call) - offset, 2 * (right - offset))


def same(module: torch.nn.Module, example: tuple[Any, ...]) -> Any:
    return module


def scripted(module: torch.nn.Module, example: tuple[Any, ...]) -> Any:
    return torch.jit.trace(module, example[:1])  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_stage_that_runs_eager_under_another_name_is_seen(workload: Workload, precision: str) -> None:
    shipped = VariantSpec("mine", "tests.jitgate.worker.test_stages:same", precision=precision, engine="mine")
    stages, check = PipelineStages(workload), SelfCheck()
    stages.replace([StageVariant("voice", shipped)])
    check.follow(VariantSpec("voice=mine", "", stages=(("voice", shipped),)), stages.runners)
    call = functools.partial(workload.module, *workload.calls("short")[0])
    with contextlib.suppress(RuntimeError):  # bf16 does not go on in float32
        call()
    assert check.fallback() is None, "calls that are timed are not looked at"
    with contextlib.suppress(RuntimeError):
        check.watched(call)
    assert str(check.fallback()).endswith(", in stage voice")


@pytest.mark.parametrize("stage", ["scripted", "eager"])
def test_a_stage_that_is_what_its_name_says_or_eager_by_name_is_believed(workload: Workload, stage: str) -> None:
    spec = built_in().named("eager") if stage == "eager" else brought(stage)
    stages, check = PipelineStages(workload), SelfCheck()
    stages.replace([StageVariant("voice", spec)])
    check.follow(VariantSpec("staged", "", stages=(("voice", spec),)), stages.runners)
    check.watched(functools.partial(workload.module, *workload.calls("short")[0]))
    assert check.fallback() is None


def test_a_stage_that_the_model_never_calls_in_its_place_is_not_what_its_variant_says(workload: Workload) -> None:
    module: Any = workload.module
    stages, check = PipelineStages(workload), SelfCheck()
    voice = module.voice
    stages.replace([StageVariant("voice", brought("scripted"))])
    check.follow(VariantSpec("staged", "", stages=(("voice", brought("scripted")),)), stages.runners)
    replaced, module.voice = module.voice, voice  # as of a model that keeps it under another name, too
    call = functools.partial(module, *workload.calls("short")[0])
    check.watched(call)
    assert str(check.fallback()).startswith("never ran: the model made no call of its stage voice,")
    module.voice = replaced
    check.watched(call)
    assert check.fallback() is None
    module.voice = voice  # and in another scenario
    check.watched(call)
    assert check.fallback() is not None


def test_an_engine_that_gives_no_callable_is_bad_input(workload: Workload) -> None:
    with pytest.raises(UsageError, match=r"my.toml: factory .* returned int; it must return a callable"):
        PipelineStages(workload).replace([StageVariant("voice", brought("not_callable"))])


def test_a_workload_without_parts_answers_nothing() -> None:
    stages = PipelineStages()
    stages.replace(())
    stages.start()
    assert (stages.read(), stages.outputs(), stages.utterances()) == ((), {}, {})


def test_arguments_are_put_in_the_order_that_an_exported_file_takes() -> None:
    order = ArgumentOrder(Encoder(), lambda values: values)
    x = torch.ones(1, 8)
    call = order((x,), {"streaming": True})
    assert call[0] is x
    assert call[1].shape == (0,)
    assert call[2] is True

    def by_keyword_only(x: int, *, y: int = 2) -> int:
        return x + y

    with pytest.raises(RuntimeError, match="no arguments by keyword only: y"):
        ArgumentOrder(by_keyword_only, lambda values: values)((1,), {})


def test_a_kind_of_call_that_no_file_serves_is_not_given_to_another() -> None:
    """A compiled graph takes its example for granted, and would answer anything."""
    order = ArgumentOrder(Encoder(), lambda values: values)
    seen = []

    def run(x: torch.Tensor, ahead: torch.Tensor, streaming: bool) -> torch.Tensor:
        seen.append(x.is_contiguous())
        return x

    replaced = ReplacedStage("encoder", order, {"torch.float32[n,n] torch.float32[0] False": run})
    replaced(torch.ones(4, 8)[:, ::2])
    replaced(torch.ones(3, 8))
    assert seen == [True, True]
    with pytest.raises(RuntimeError, match=r"encoder was called with .* True, which none of its files serves"):
        replaced(torch.ones(4, 8), streaming=True)
    with pytest.raises(RuntimeError, match=r"\[1,n\]"):
        replaced(torch.ones(1, 8))


@pytest.mark.parametrize(
    ("stages", "utterances", "said"),
    [
        ({"an encoder": Stage("front.encoder")}, {}, "must be named with letters"),
        ({"encoder": Stage("front.decoder")}, {}, "there is no 'front.decoder' in Speaker"),
        ({"encoder": Stage("training")}, {}, "'training' is not a module"),
        ({}, {"short": Utterance(0.0, 1, 1)}, "0.0 s of audio; that must be above 0"),
    ],
)
def test_parts_that_are_not_there_are_one_sentence(
    stages: dict[str, Stage], utterances: dict[str, Utterance], said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        Workload(Speaker(), {"short": (torch.ones(1, 8), 2)}, stages=stages, utterances=utterances)
