"""What a session knows of scenarios: remembered where that holds, else asked, and checked against the gates."""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import pytest

from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    from jitgate.config.policy import Policy
    from jitgate.plugin.discovery import Discovered
    from jitgate.plugin.session_state import State

DOUBTFUL = frozenset({pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED})
"""Ends of a session that a scenario which was not known may be the cause of."""


class Scenarios:
    """Finds the scenarios of a session, and drops what was remembered where it may be wrong."""

    def __init__(self, config: pytest.Config, state: State) -> None:
        from jitgate.cache.scenario_memory import ScenarioMemory
        from jitgate.plugin.cache_pruning import cache_folder

        self._state = state
        sources = sorted({str(spec.weight_source) for spec in state.policy.workloads.values()})
        versions = {name: _version(name) for name in ("torch", "jitgate")}
        facts = {"device": state.device.name, "weights": sources, **versions}
        self._memory = ScenarioMemory(cache_folder(config) / "scenarios", facts)

    def found(self, ask: Collection[str]) -> Discovered:
        """The scenarios of every workload, those of `ask` from its factory or from memory. Raises UsageError for gates
        and nightly scenarios that name what does not exist, once the factories themselves were asked."""
        from jitgate.plugin.discovery import discover

        state = self._state
        found = discover(state.policy, state.device.name, state.progress, self._memory, ask=ask)
        try:
            self._check(found)
        except UsageError:
            if not found.remembered:
                raise
            self._forget(state.policy, found.remembered)
            found = discover(state.policy, state.device.name, state.progress, self._memory, ask=ask)
            self._check(found)
        return found

    def close(self, found: Discovered, exitstatus: int) -> None:
        """Let the next run ask again what may be why this one was refused."""
        blocked = {cell.workload for cell in self._state.blocked.reasons}
        self._forget(self._state.policy, found.remembered if exitstatus in DOUBTFUL else found.remembered & blocked)

    def _forget(self, policy: Policy, workloads: Collection[str]) -> None:
        for name in workloads:
            self._memory.forget(policy.workloads[name].factory)

    def _check(self, found: Discovered) -> None:
        from jitgate.gates.checked import check_gates
        from jitgate.plugin.discovery import cells_to_check, check_nightly

        policy, state = self._state.policy, self._state
        check_nightly(policy, found)
        if not state.is_xdist_worker:
            known = list(cells_to_check(policy, found))
            policy.check(known)
            check_gates(policy, state.kinds, known)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # a checkout that is not installed: its files are compared
        return ""
