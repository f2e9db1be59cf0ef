"""The study of precisions: on one narrow module, and the rounding that stands for int8."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jitgate.gates.validity import ROUNDING, UNROUNDED
from jitgate.model.accuracy import Accuracy
from jitgate.model.tolerance import TOLERANCE
from studies.precisions import LEVELS, PrecisionResult, rounded, study, table


@given(st.lists(st.floats(min_value=-100, max_value=100, width=32), min_size=2, max_size=20))
@settings(max_examples=30, deadline=None)
def test_rounding_takes_the_nearest_of_255_steps(values: list[float]) -> None:
    tensor = torch.tensor([values, [1.0] * len(values)], dtype=torch.float64)
    found = rounded(tensor)
    step = tensor.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / LEVELS
    assert ((found - tensor).abs() <= step / 2 + 1e-12).all()
    assert torch.allclose(found / step, (found / step).round(), atol=1e-6)
    assert torch.equal(rounded(tensor.T, axis=1), found.T)


def test_an_encoder_is_within_its_tolerance_and_beyond_what_float32_rounds() -> None:
    found = list(study(("cosyvoice2-small.flow_encoder",), ("bf16", "int8 weights")))
    assert [each.precision for each in found] == ["bf16", "int8 weights"]
    for each in found:
        assert each.accuracy is not None
        assert UNROUNDED < each.accuracy.rel_l2 <= TOLERANCE[each.precision.split()[0]]


def test_half_precisions_have_a_tolerance_and_float32_the_narrowest() -> None:
    assert set(ROUNDING) < set(TOLERANCE)
    assert min(TOLERANCE.values()) == TOLERANCE["fp32"] == 1e-4
    assert all(TOLERANCE[precision] > UNROUNDED for precision in ROUNDING)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (PrecisionResult("w", "fp16", None, "no such kernel"), "| w | fp16 | can't run: no such kernel | | | | | | |"),
        (
            PrecisionResult("w", "fp16", Accuracy(1.0, not_finite=3)),
            "| w | fp16 | 3 values are NaN or Inf | | | | | | |",
        ),
        (
            PrecisionResult("w", "bf16", Accuracy(1e-2, 0.5, 0, 40.0, 0.0123, 0.5)),
            "| w | bf16 | 1.0e-02 | 5.0e-01 | 40 dB | 0.012 dB | 0.5 |  |  |",
        ),
        (
            PrecisionResult("w", "bf16", Accuracy(1e-2, 0.5, ids=12, other_ids=5, surprisal=0.0214)),
            "| w | bf16 | 1.0e-02 | 5.0e-01 |  |  |  | 5 of 12 | 2.1e-02 |",
        ),
    ],
)
def test_a_row_says_what_was_found(found: PrecisionResult, said: str) -> None:
    assert list(table(iter([found])))[-1] == said
