"""The two conformer encoders compute what CosyVoice-300M's do: names, shapes, order, and the real modules' outputs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v1 import conformer
from jitgate_cosyvoice.v1.conformer import ConformerEncoder

from tests.jitgate_cosyvoice.fingerprints import assert_same, built, load, names_and_shapes, normal, sum_of_weights

TRUE_SIZE = {
    "cosyvoice_text_encoder": (conformer.text_encoder, 82_410_496),
    "cosyvoice_flow_encoder": (conformer.flow_encoder, 20_758_016),
}


@pytest.fixture(scope="module", params=TRUE_SIZE)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def encoder(name: str) -> ConformerEncoder:
    return build_seeded(TRUE_SIZE[name][0])


@pytest.fixture(scope="module")
def reference(name: str) -> dict[str, Any]:
    return load(name)


def narrow(*, causal: bool) -> ConformerEncoder:
    return build_seeded(lambda: ConformerEncoder(inputs=16, width=32, heads=2, feed_forward=64, causal=causal))


def test_names_shapes_order_and_weights(name: str, encoder: ConformerEncoder, reference: dict[str, Any]) -> None:
    assert names_and_shapes(encoder) == reference["state_dict"]
    assert len(reference["state_dict"]) == 120
    assert sum(value.numel() for value in encoder.parameters()) == reference["parameters"] == TRUE_SIZE[name][1]
    assert sum_of_weights(encoder) == pytest.approx(reference["sum_of_weights"], abs=1e-6)
    assert not list(encoder.buffers())


def test_outputs_equal_the_original(encoder: ConformerEncoder, reference: dict[str, Any]) -> None:
    assert reference["cases"]
    for case in reference["cases"].values():
        inputs = {name: built(rule) for name, rule in case["inputs"].items()}
        with torch.inference_mode():
            out, mask = encoder(**inputs, **case.get("arguments", {}))
        assert_same(out, case["outputs"]["xs"])
        assert mask.dtype is torch.bool
        assert list(mask.shape) == case["outputs"]["masks"]["shape"]
        assert int(mask.sum()) == case["outputs"]["masks"]["true_count"]


@pytest.mark.parametrize("causal", [True, False])
def test_a_causal_encoder_does_not_see_what_follows(causal: bool) -> None:
    encoder, xs = narrow(causal=causal), normal(1, 1, 20, 16)
    with torch.inference_mode():
        whole, _ = encoder(xs, torch.tensor([20]))
        begin, _ = encoder(xs[:, :12], torch.tensor([12]))
    change = (whole[:, :12] - begin).abs().max().item()
    assert change < 1e-5 if causal else change > 1e-3


def test_decoding_limits_are_ignored() -> None:
    encoder, xs = narrow(causal=False), normal(2, 1, 20, 16)
    with torch.inference_mode():
        limited, _ = encoder(xs, torch.tensor([20]), decoding_chunk_size=5, num_decoding_left_chunks=1)
        assert torch.equal(limited, encoder(xs, torch.tensor([20]))[0])


def test_an_empty_row_of_a_batch_stays_finite() -> None:
    with torch.inference_mode():
        out, mask = narrow(causal=True)(normal(3, 2, 6, 16), torch.tensor([6, 0]))
    assert out.isfinite().all()
    assert mask.sum(dim=2).flatten().tolist() == [6, 0]


@pytest.mark.parametrize("factory", [conformer.small_text_encoder, conformer.small_flow_encoder])
def test_small_has_the_same_names(factory: Any) -> None:
    big = conformer.text_encoder if factory is conformer.small_text_encoder else conformer.flow_encoder
    with torch.device("meta"):
        assert list(factory().state_dict()) == list(big().state_dict())
