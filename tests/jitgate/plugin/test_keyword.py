"""`-k` with names that pytest's expressions can't hold."""

from __future__ import annotations

import pytest
from jitgate.plugin.keyword import keyword, understood


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", ""),
        ("cosyvoice2-small and not 5s", "cosyvoice2-small and not 5s"),
        ("flow_estimator=inductor", "flow_estimator:inductor"),
        (
            "1s and (a=torchscript+fp16,b=inductor or not c=eager)",
            "1s and (a:torchscript+fp16/b:inductor or not c:eager)",
        ),
    ],
)
def test_only_names_of_stages_and_engines_are_rewritten(expression: str, expected: str) -> None:
    assert understood(expression) == expected


def test_a_test_is_found_by_its_own_name() -> None:
    name = "test_jit[my.pipeline/1s/a=torchscript,b=inductor]"
    assert understood("a=torchscript,b=inductor") in keyword(name)
    assert understood("b=inductor") in keyword(name)
    assert understood("a=inductor") not in keyword(name)
