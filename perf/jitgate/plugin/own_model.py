"""`--jitgate-model`: one model, measured without any configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jitgate.config.policy import Gate
from jitgate.engines.available import missing
from jitgate.model.errors import UsageError
from jitgate.model.own_model import OwnModel, OwnModelFacts
from jitgate.workloads.own_model import OPTION, VARIANTS, own_model, spec_of

if TYPE_CHECKING:
    import pytest

    from jitgate.config.policy import Policy
    from jitgate.pool.progress import Progress

DESCRIBE_S = 600.0
"""Building a model and calling it some times: one of many gigabytes takes minutes."""

BUDGET_S = 120.0
"""Seconds of rounds: who asks in one line waits for the answer."""

LOOK_S = 30.0
"""Seconds of rounds of a narrowed model: its calls take milliseconds, and what is asked is whether it works at all."""

QUESTION = Gate(OPTION, limits={"min_speedup": 1.0}, reason="is it faster than eager?", optional=True)
"""What is judged of every variant; its output is held to its tolerance as everywhere."""


def asked_for(config: pytest.Config) -> OwnModel | None:
    """The model that the command line names; None where it names none."""
    what = config.getoption("jitgate_model")
    if what is None:
        return None
    folder = config.invocation_params.dir
    return own_model(what, config.getoption("jitgate_input"), folder, shrink=config.getoption("jitgate_shrink"))


def with_own_model(policy: Policy, own: OwnModel, device: str, progress: Progress, *, ask: bool) -> Policy:
    """`policy` with this model in place of its workloads and gates. ask: whether to build it, to see what it takes.

    Raises UsageError, which says what to pass, for a model that can't be built or called.
    """
    facts = _facts(own, device, progress) if ask else OwnModelFacts((), (), ())
    variants = tuple(name for name in VARIANTS if missing(policy.engines.named(name), device) is None)
    spec = spec_of(own, facts, variants)
    spec = replace(spec, budgets_s=dict.fromkeys(facts.scenarios, LOOK_S if own.shrink else BUDGET_S))
    return replace(policy, where=OPTION, workloads={spec.name: spec}, gates=(QUESTION,))


def head_lines(policy: Policy) -> list[str]:
    """Lines for the head of the run: what is measured, and with which inputs."""
    return [f"jitgate: {line}" for spec in policy.workloads.values() if spec.own for line in spec.notes]


def refuse_without_benchmarks(config: pytest.Config) -> None:
    """UsageError where the model is named, and no test that would measure it."""
    from pytest_jitgate import BENCHMARKS, asks_for_benchmarks

    if config.getoption("jitgate_model") is not None and not asks_for_benchmarks(config):
        raise UsageError(
            f"{OPTION} is measured by jitgate's own tests, and none of them was collected; write "
            f"pytest --pyargs {BENCHMARKS} {OPTION} {config.getoption('jitgate_model')}"
        )


def _facts(own: OwnModel, device: str, progress: Progress) -> OwnModelFacts:
    from jitgate.model.requests import DescribeOwnModel, StartWorker
    from jitgate.pool.pool import WorkerPool

    with WorkerPool(spec_of(own, OwnModelFacts((), (), ()), ()), device, progress, DESCRIBE_S) as pool:
        (worker,) = pool.spawn(["model"])
        pool.workers = {worker.name: worker}
        pool.ask(worker, "importing torch", StartWorker(device))
        facts = pool.ask(worker, "building the model to see what it takes", DescribeOwnModel(own))
        progress.clear()  # type: ignore[attr-defined]
        if facts is None:
            raise UsageError(f"{OPTION} {own.what}: {worker.failure.sentence if worker.failure else 'no answer'}")
        return facts
