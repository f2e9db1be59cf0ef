"""Which files the stages of variants need: the host's side, on stand-in workers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from jitgate.engines.builtin import built_in
from jitgate.engines.staged import staged_variant
from jitgate.model.answers import ExportContent, ModelFacts
from jitgate.model.errors import UsageError
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.requests import DescribeStages, Request
from jitgate.model.variant import BASELINE
from jitgate.pool.pool import WorkerPool
from jitgate.pool.stages import utterance_of, wanted_by_stages
from jitgate.workloads.spec import WorkloadSpec

SPEC = WorkloadSpec("my.pipeline", "my:pipeline", (), (), where="my.toml")


@dataclass
class FakeWorker:
    name: str
    alive: bool = True
    failure: Failure | None = None

    def fail(self, kind: FailureKind, sentence: str) -> None:
        self.alive, self.failure = False, Failure(kind, sentence)


@dataclass
class FakePool:
    """Its baseline says of every stage that it has two kinds of calls."""

    workers: dict[str, FakeWorker]
    workload: WorkloadSpec = SPEC
    asked: list[Any] = field(default_factory=list)

    def ask(self, worker: FakeWorker, what: str, request: Request[Any]) -> Any:
        if not worker.alive:
            return None
        self.asked.append((worker.name, request))
        assert isinstance(request, DescribeStages)
        return dict.fromkeys(request.stages, CONTENT)


KINDS = {"short": ("a",), "long": ("b", "a"), "unselected": ("c",)}
CONTENT = ExportContent(None, "w", "s", "here", KINDS, {})
FACTS = ModelFacts(1.0, 0, 0, {}, CONTENT, stages={"front": "", "voice": ""})


def pool_of(*names: str) -> tuple[FakePool, WorkerPool]:
    fake = FakePool({name: FakeWorker(name) for name in (BASELINE, *names)})
    return fake, cast("WorkerPool", fake)


def spelled(name: str) -> Any:
    return staged_variant(name, built_in().variants, built_in(), "my.toml")


def test_each_exported_stage_is_wanted_once_by_each_worker() -> None:
    names = ["front=torchscript", "front=torchscript,voice=inductor", "voice=eager"]
    fake, pool = pool_of(*names)
    found = wanted_by_stages(pool, [spelled(name) for name in names], FACTS)
    assert [(need.worker, need.stage, need.engine.name) for need in found] == [
        (names[0], "front", "torchscript"),
        (names[1], "front", "torchscript"),
        (names[1], "voice", "inductor"),
    ]
    assert fake.asked == [(BASELINE, DescribeStages(("front", "voice")))]
    assert found[0].content.runtime == "here"
    assert found[0].signatures(["short", "long"]) == ["a", "b"], "what is not selected is not built"


def test_nothing_is_asked_where_no_stage_is_exported() -> None:
    fake, pool = pool_of("voice=eager")
    assert wanted_by_stages(pool, [spelled("voice=eager")], FACTS) == []
    said = utterance_of(pool, "short", FACTS)
    assert said is not None
    assert (said.stages, said.operations) == (FACTS.stages, {}), "there is no control"
    assert utterance_of(pool, "short", replace(FACTS, stages={})) is None
    assert fake.asked == []


def test_a_stage_that_there_is_not_is_one_sentence() -> None:
    _, pool = pool_of("back=torchscript")
    with pytest.raises(UsageError) as caught:
        wanted_by_stages(pool, [spelled("back=torchscript")], FACTS)
    assert str(caught.value) == (
        "my.toml: 'back=torchscript' names a stage that 'my.pipeline' does not have: 'back' (there are: front, voice)"
    )


def test_without_a_baseline_nobody_describes_the_stages() -> None:
    fake, pool = pool_of("front=torchscript", "voice=eager")
    fake.workers[BASELINE].fail(FailureKind.OUT_OF_MEMORY, "it did not fit")
    assert wanted_by_stages(pool, [spelled("front=torchscript"), spelled("voice=eager")], FACTS) == []
    failure = fake.workers["front=torchscript"].failure
    assert failure is not None
    assert failure.sentence.endswith("and failed: it did not fit")
    assert fake.workers["voice=eager"].alive, "it needs no file"
