"""Which cell a test is about: the parameter of one of the hidden fixtures."""

from __future__ import annotations

import pytest

from jitgate.model.cell import Cell

FIXTURES = ("jitgate_candidate", "jitgate_variant", "jitgate_baseline")
"""Fixtures whose parameter is a `Cell`."""

CASE_FIXTURES = ("jitgate_reported", "jitgate_other")
"""Fixtures whose parameter is a `GateCase`."""


def cell_of(item: pytest.Item) -> Cell | None:
    """The cell a test is about; None for a test that is not ours."""
    callspec = getattr(item, "callspec", None)
    params = callspec.params if callspec is not None else {}
    about = [params.get(name) for name in FIXTURES] + [
        getattr(params.get(name), "cell", None) for name in CASE_FIXTURES
    ]
    return next((found for found in about if isinstance(found, Cell)), None)


def has_place_for_cell(item: pytest.Item) -> bool:
    """Whether a test asks for a cell, whether it got one or not."""
    callspec = getattr(item, "callspec", None)
    return callspec is not None and any(name in callspec.params for name in (*FIXTURES, *CASE_FIXTURES))
