"""Claims in a pytest session: which can be asked here, what they need measured, and their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jitgate_cosyvoice.claims.claim import Claim, Findings, Row

    from jitgate.model.cell import Cell
    from jitgate.model.measurement import Measurement
    from jitgate.plugin.session_state import State

FIXTURE = "measured_claim"
"""Its parameter is a `Claim`; what a test gets is the claim's `Row`."""

KINDS = ("cpu", "cuda")
"""Of devices, the commoner first."""


class Claims:
    """The claims that a session's tests ask for."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.asked: list[Claim] = []

    @property
    def timed(self) -> int:
        """Claims that rounds decide: each is one more chance of a false alarm in the session."""
        return sum(claim.timed for claim in self.asked)

    def plan(self, items: Iterable[pytest.Item]) -> list[Cell]:
        """Note the claims among the tests; the cells that they need."""
        self.asked = list(dict.fromkeys(claim for item in items if (claim := claim_of(item)) is not None))
        return [cell for claim in self.asked for cell in self.needed(claim)]

    def needed(self, claim: Claim) -> list[Cell]:
        """The cells of one claim on this device, as far as this project has them."""
        policy, kind = self._state.policy, self._state.device.kind
        return [
            cell for cell in claim.cells(kind) if cell.workload in policy.workloads and cell.variant in policy.variants
        ]

    def rows(self) -> list[Row]:
        """A row for each claim that was asked, by what is known now."""
        found = self._findings() if self.asked else None
        return [] if found is None else [claim.judge(found) for claim in self.asked]

    def row(self, claim: Claim) -> Row:
        """The row of `claim`, measured as long as that may decide it and the budget lasts."""
        from jitgate_cosyvoice.claims.claim import open_variants

        measurements = self._state.measurements
        for cell in self.needed(claim):
            measurements.get(cell.workload, cell.scenario)
            if open_variants(claim, self._findings()):
                measurements.more(cell.workload, cell.scenario, self._undecided(claim))
        return claim.judge(self._findings())

    def open(self, measurement: Measurement) -> list[str]:
        """The variants of which more rounds of `measurement` may still decide a claim that was asked."""
        here = (measurement.workload, measurement.scenario)
        places = {claim: {(cell.workload, cell.scenario) for cell in self.needed(claim)} for claim in self.asked}
        return [
            variant for claim in self.asked if here in places[claim] for variant in self._undecided(claim)(measurement)
        ]

    def _undecided(self, claim: Claim) -> Callable[[Measurement], list[str]]:
        from jitgate_cosyvoice.claims.claim import open_variants

        return lambda measurement: open_variants(claim, self._findings(measurement))

    def _findings(self, newest: Measurement | None = None) -> Findings:
        """What the session knows; `newest` is a measurement that is still being made."""
        from jitgate_cosyvoice.claims.claim import Findings

        done = dict(self._state.measurements.done)
        if newest is not None:
            done[newest.workload, newest.scenario] = newest
        return Findings(self._state.judge, self._state.device.kind, done)


def parametrise_claims(metafunc: pytest.Metafunc, state: State) -> None:
    """One test a claim whose workload this project has; its id is `workload-scenario-name`, so that -k finds each."""
    if FIXTURE not in metafunc.fixturenames:
        return
    from jitgate_cosyvoice.claims.analysis import CLAIMS

    there = {(cell.workload, cell.scenario) for cell in state.cells()}
    params = [
        pytest.param(claim, id=f"{cell.workload}-{cell.scenario}-{claim.name}")
        for claim in CLAIMS
        if ((cell := subject(claim)).workload, cell.scenario) in there
    ]
    metafunc.parametrize(FIXTURE, params, indirect=True)


def claim_of(item: pytest.Item) -> Claim | None:
    """The claim a test is about; None for every other test, whatever it calls its parameters."""
    callspec = getattr(item, "callspec", None)
    found = callspec.params.get(FIXTURE) if callspec is not None else None
    if found is None:
        return None
    from jitgate_cosyvoice.claims.analysis import CLAIMS

    return next((claim for claim in CLAIMS if claim is found), None)


def subject(claim: Claim) -> Cell:
    """The cell that a claim is about, on the first kind of device on which it can be measured."""
    return next(cells[0] for kind in KINDS if (cells := claim.cells(kind)))
