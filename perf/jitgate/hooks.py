"""Hook specifications: what another package can add to jitgate. The built-in parts register through the same hooks.

A package offers them from a module that it names as a `pytest11` entry point, or a project from its `conftest.py`. The
hooks are asked once a session, before anything is collected, and only in a project that has a `[tool.jitgate]` table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jitgate.config.policy import Gate, Policy
    from jitgate.engines.catalogue import Engine
    from jitgate.gates.kind import GateKind
    from jitgate.model.variant import VariantSpec
    from jitgate.report.formats import ReportFormat
    from jitgate.workloads.spec import WorkloadSpec


@pytest.hookspec
def pytest_jitgate_gates() -> Iterable[GateKind]:
    """Kinds of requirement. Each becomes a key of `[[tool.jitgate.gates]]`, a fixture, an attribute of `candidate`, a
    column of the tables and an entry of the JSON; see `jitgate.gates.kind`."""
    raise NotImplementedError


@pytest.hookspec
def pytest_jitgate_engines() -> Iterable[Engine]:
    """Ways of running a model, each in the precisions that it knows; see `jitgate.engines.catalogue`."""
    raise NotImplementedError


@pytest.hookspec
def pytest_jitgate_variants() -> Iterable[VariantSpec]:
    """Ways of running that suit some workloads only, which list them; see `jitgate.model.variant`."""
    raise NotImplementedError


@pytest.hookspec
def pytest_jitgate_workloads() -> Iterable[WorkloadSpec]:
    """Models to measure in addition to those of `[tool.jitgate.workloads]`; see `jitgate.workloads.spec`."""
    raise NotImplementedError


@pytest.hookspec
def pytest_jitgate_rules() -> Iterable[Gate]:
    """Gates that a package brings for its own workloads, in addition to those of `[[tool.jitgate.gates]]`."""
    raise NotImplementedError


@pytest.hookspec
def pytest_jitgate_policy(config: pytest.Config) -> Callable[[Policy], Policy] | None:
    """A change to what this session measures, for a package with options of its own; None for no change.

    The changes of all packages are applied one after another, after jitgate's own options. A change raises UsageError
    for an option that it can't follow.
    """
    raise NotImplementedError


@pytest.hookspec
def pytest_jitgate_reports() -> Iterable[ReportFormat]:
    """Formats that `--jitgate-report FILE` can write, chosen by the file's suffix; see `jitgate.report.formats`."""
    raise NotImplementedError
