"""What CosyVoice brings to a session, by jitgate's hooks. Free of pytest and torch, because workers import it too."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jitgate_cosyvoice.checkout.interpreter import OPTION as PYTHON
from jitgate_cosyvoice.checkout.interpreter import find_interpreter
from jitgate_cosyvoice.checkout.place import OPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pytest
    from jitgate.config.policy import Gate, Policy
    from jitgate.gates.kind import GateKind
    from jitgate.model.variant import VariantSpec
    from jitgate.workloads.spec import WorkloadSpec


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("jitgate", "performance gates (jitgate)")
    group.addoption(
        OPTION,
        metavar="CHECKOUT",
        help="measure the modules of a checkout of CosyVoice in place of jitgate_cosyvoice's own, built from the yaml "
        "in --jitgate-checkpoint's folder, or from its examples with random weights; its code runs in workers alone",
    )
    group.addoption(
        PYTHON,
        metavar="PYTHON",
        help="run the workers of --jitgate-cosyvoice in this interpreter, of an environment of the checkout's own; it "
        "needs Python 3.10 and torch 2.3 or later, numpy, psutil, cattrs and PyYAML, and no jitgate",
    )


def pytest_jitgate_workloads() -> Iterable[WorkloadSpec]:
    from jitgate_cosyvoice.registry import shipped_workloads

    return shipped_workloads().values()


def pytest_jitgate_variants() -> Iterable[VariantSpec]:
    from jitgate_cosyvoice.checkout.own_ways import OWN_WAYS
    from jitgate_cosyvoice.registry import BATCHED

    return [BATCHED, *OWN_WAYS]


def pytest_jitgate_gates() -> Iterable[GateKind]:
    from jitgate_cosyvoice.gates.audible import MinLogMelDistance
    from jitgate_cosyvoice.gates.freed_memory import MinFreedMemory
    from jitgate_cosyvoice.gates.memory_ratio import MaxMemoryRatio
    from jitgate_cosyvoice.gates.promised_speedup import PromisedSpeedup
    from jitgate_cosyvoice.gates.speedup_cap import MaxSpeedup
    from jitgate_cosyvoice.gates.start_ratio import MinStartRatio
    from jitgate_cosyvoice.gates.worth_on_card import MaxSpeedupOnCard

    return [
        PromisedSpeedup(),
        MaxSpeedup(),
        MaxSpeedupOnCard(),
        MaxMemoryRatio(),
        MinFreedMemory(),
        MinStartRatio(),
        MinLogMelDistance(),
    ]


def pytest_jitgate_rules() -> Iterable[Gate]:
    from jitgate_cosyvoice.claims import CLAIMS

    return CLAIMS


def pytest_jitgate_policy(config: pytest.Config) -> Callable[[Policy], Policy] | None:
    start = config.invocation_params.dir
    checkpoint, checkout = config.getoption("jitgate_checkpoint"), config.getoption("jitgate_cosyvoice", None)
    python = config.getoption("jitgate_cosyvoice_python", None)
    if checkpoint is None and checkout is None and python is None:
        return None
    from jitgate.model.option_path import option_path

    if (checkout is not None or python is not None) and config.getoption("jitgate_model") is not None:
        from jitgate.model.errors import UsageError

        raise UsageError(
            f"{PYTHON if checkout is None else OPTION} says which CosyVoice is measured, and --jitgate-model that a "
            "model of your own is; leave one of the two out"
        )
    return partial(
        _changed,
        checkpoint=None if checkpoint is None else option_path("--jitgate-checkpoint", checkpoint, start),
        checkout=None if checkout is None else option_path(OPTION, checkout, start),
        python=python,
        asked=tuple((config.getoption("jitgate_variants", None) or "").replace(" ", "").split(",")),
        start=start,
    )


def _changed(
    policy: Policy,
    checkpoint: Path | None,
    checkout: Path | None,
    python: str | None,
    asked: tuple[str, ...],
    start: Path,
) -> Policy:
    from jitgate.model.errors import UsageError

    from jitgate_cosyvoice.checkout.policy import with_checkout
    from jitgate_cosyvoice.checkpoints import generation_of

    # A folder of two generations is refused, too.
    if checkpoint is not None and generation_of(checkpoint) == "v3" and checkout is None:
        raise UsageError(
            f"--jitgate-checkpoint {checkpoint} is CosyVoice3, not supported here but by its own modules: name your "
            "checkout of CosyVoice with --jitgate-cosyvoice CHECKOUT"
        )
    if checkout is None:
        if python is not None:
            raise UsageError(f"{PYTHON} says where a checkout runs; name the checkout, too, with {OPTION} CHECKOUT")
        return policy
    interpreter = None if python is None else find_interpreter(python, start)
    return with_checkout(policy, checkout, checkpoint, interpreter, asked)
