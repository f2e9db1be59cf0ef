"""A limit is a number, and reads as people write it."""

from __future__ import annotations

import json

import pytest
from jitgate.plugin.fixtures import Limit


@pytest.mark.parametrize(
    ("number", "label", "shown"),
    [(52428800.0, "max_memory=50MiB", "50MiB"), (1.1, "min_speedup=1.1 of jit", "1.1 of jit"), (0.05, "odd", "0.05")],
)
def test_a_limit_reads_as_in_its_label_and_counts_as_a_number(number: float, label: str, shown: str) -> None:
    limit = Limit(number, label)
    assert repr(limit) == shown
    assert (limit, limit * 2, json.dumps(limit)) == (number, number * 2, json.dumps(number))
    assert 0.0 < limit <= number
