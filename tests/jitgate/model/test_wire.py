"""Requests and answers travel as plain values, and come out as what they were."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import execnet
import pytest
from jitgate.model import requests
from jitgate.model.answers import ExportContent, FirstCall, ModelFacts
from jitgate.model.artefact_file import ArtefactFile, StageVariant
from jitgate.model.cold_start import Compilation
from jitgate.model.failure import FailureKind, RequestError
from jitgate.model.memory_parts import ChildMemory, MemoryParts
from jitgate.model.memory_peaks import CapFacts, EmptiedCache, MemoryKind, MemoryPeaks
from jitgate.model.out_of_memory import OutOfMemory
from jitgate.model.token_agreement import TokenAgreement
from jitgate.model.turn import StageTime, Turn
from jitgate.model.utterance import PipelineUtterance
from jitgate.model.variant import VariantSpec
from jitgate.model.wire import pack, pack_request, unpack, unpack_request
from jitgate.worker import handlers
from jitgate.worker.service import WorkerService

STAGE = VariantSpec("torchscript", "a:b", exported=True, options=(("fast", True), ("mode", "max")))
STAGED = VariantSpec("voice=torchscript", "", stages=(("voice", STAGE),))
FILES = {"f32[n]": ArtefactFile(Path("a folder") / "x.zip", {"signature": "x: Tensor"})}


def travelled(plain: Any) -> Any:
    """What execnet, which knows builtins only, makes of it."""
    return execnet.loads(execnet.dumps(plain))


@pytest.mark.parametrize(
    "request_",
    [
        requests.StartWorker("cuda:0", 4 << 30, Path("cache")),
        requests.OpenModel("a:b", "my.toml", Path("weights"), None, ("flow.pt", "llm.pt")),
        requests.LoadVariant(STAGED, FILES),
        requests.ReplaceStages((StageVariant("voice", STAGE, FILES),)),
        requests.WriteOutputs("short", Path("there"), TokenAgreement(0, 1, 6561)),
        requests.CheckFallback(),
        requests.ReadMemory(),
    ],
    ids=lambda request_: type(request_).__name__,
)
def test_a_request_arrives_as_it_was_sent(request_: requests.Request[Any]) -> None:
    assert unpack_request(travelled(pack_request(request_))) == request_


@pytest.mark.parametrize(
    "answer",
    [
        FirstCall(0.5, Compilation(3.0, 1.0, built=2, found=0, scenario="short")),
        ModelFacts(
            1.5,
            1 << 33,
            7,
            {"short": 1},
            ExportContent(None, "w", "s", "r", {"short": ("k",)}, {"k": "*,8"}),
            stages={"voice": "audio"},
            utterances={"short": PipelineUtterance({"voice": "audio"}, 1.5)},
        ),
        Turn((1 << 40, 2), (), 5, {"recompile: size of 'x'": 17}, stage_times=((StageTime("voice", 1.0, 0.5, 3),), ())),
        MemoryPeaks(5, kind=MemoryKind.DEVICE, cap=CapFacts(1 << 32, "a limit"), empty_cache=EmptiedCache(3, 2, 1)),
        RequestError(FailureKind.OUT_OF_MEMORY, "no", "Traceback", OutOfMemory(5, state={"level_bytes": 3})),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_an_answer_arrives_as_it_was_given(answer: Any) -> None:
    assert unpack(type(answer), travelled(pack(answer))) == answer


def test_answers_without_a_class_of_their_own_arrive_too() -> None:
    contents = {"voice": ExportContent(None, "w", "s", "r", {"short": ("k",)}, {})}
    assert unpack(requests.DescribeStages.answer_type(), travelled(pack(contents))) == contents
    assert unpack(requests.BecomeSteady.answer_type(), travelled(pack((0.5, 1.0)))) == (0.5, 1.0)


def test_infinity_arrives_as_itself() -> None:
    kind = requests.CompareOutputs.answer_type()
    assert unpack(kind, travelled(pack(kind(float("inf"))))).rel_l2 == float("inf")


@pytest.mark.parametrize("kind", requests.Request.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_request_has_a_method_that_takes_it_and_returns_its_answer(kind: type[requests.Request[Any]]) -> None:
    hints = get_type_hints(getattr(WorkerService, handlers._NAMES[kind]))
    assert hints == {"request": kind, "return": kind.answer_type()}
    assert kind.phase


def test_nothing_of_a_memory_reading_is_lost_in_json() -> None:
    read = MemoryPeaks(5, kind=MemoryKind.RESIDENT, cap=CapFacts(9, "a limit", 0), empty_cache=EmptiedCache(3, 2, 1))
    assert read.as_json() == {
        "peak_bytes": 5,
        "load_peak_bytes": None,
        "steady_peak_bytes": None,
        "resident_bytes": None,
        "activation_bytes": None,
        "level_before_bytes": None,
        "kind": "resident",
        "enforced_bytes": 9,
        "enforced_by": "a limit",
        "refused_early": 0,
        "empty_cache_before_bytes": 3,
        "empty_cache_after_bytes": 2,
        "empty_cache_allocated_bytes": 1,
    }
    assert MemoryPeaks().as_json() == {"peak_bytes": None}, "nothing was read"
    own = [each.name for each in fields(MemoryPeaks) if each.name not in ("cap", "empty_cache", "parts", "children")]
    full = MemoryPeaks(**dict.fromkeys(own, 1))  # type: ignore[arg-type]
    assert len(full.as_json()) == len(own)
    children = ChildMemory(2, 7, 8, {"a helper": 3}, unread=True)
    assert unpack(MemoryPeaks, travelled(pack(MemoryPeaks(children=children)))).children == children
    assert replace(full, parts=MemoryParts(4, 5, 6), children=children).as_json() == full.as_json() | {
        "own_bytes": 4,
        "mapped_bytes": 5,
        "shared_bytes": 6,
        "children_count": 2,
        "children_held_bytes": 7,
        "children_peak_bytes": 8,
        "children_helpers": {"a helper": 3},
        "children_unread": True,
    }
