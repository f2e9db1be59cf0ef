"""8-bit integers: every linear layer is one, or the variant is not what it says."""

from __future__ import annotations

import pytest
import torch
from jitgate.model.errors import Unavailable

from tests.jitgate.pool.models import Tiny

pytest.importorskip("torchao", reason='int8 needs torchao: python -m pip install "jitgate[int8]"')

from jitgate.engines.int8 import Quantised, int8
from jitgate.engines.precision import Autocast, Precision

CALL = (torch.ones(2, 64), 1)


def test_every_linear_layer_holds_int8() -> None:
    run = int8(Tiny().eval(), CALL)
    assert isinstance(run, Quantised)
    assert (run.proof(), run.partly()) == (None, None)


def test_a_quantiser_that_quantised_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchao.quantization.quantize_", lambda module, config: None)
    run = int8(Tiny().eval(), CALL)
    assert isinstance(run, Quantised)
    assert (run.proof(), run.partly()) == ("quantised none of its linear layers", None)


@pytest.mark.filterwarnings("ignore")  # torchao's own
@pytest.mark.parametrize("dynamic", [False, True])
def test_what_the_quantiser_leaves_is_said_and_is_no_fallback(dynamic: bool) -> None:
    run = int8(torch.nn.TransformerEncoderLayer(64, 2, 128).eval(), CALL, dynamic)
    assert isinstance(run, Quantised)
    said = "quantised 2 of 3 linear layers, and left self_attn.out_proj as before"
    assert (run.proof(), run.partly()) == (None, said)
    assert Autocast(run, Precision.AUTOCAST_BF16, "cpu").partly() == said


def test_a_model_without_linear_layers_is_refused() -> None:
    with pytest.raises(Unavailable, match="quantises linear layers, and this model has none"):
        int8(torch.nn.Conv1d(2, 2, 3), CALL)
