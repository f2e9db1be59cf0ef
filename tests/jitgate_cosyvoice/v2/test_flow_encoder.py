"""The encoder computes what CosyVoice2's does: names, shapes, order, and outputs of the real module."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder
from torch import Tensor, nn

from tests.jitgate_cosyvoice.fingerprints import assert_same
from tests.jitgate_cosyvoice.v2.fingerprints import build_input

CASES = ["T28", "T125", "T112_stream", "T50_ctx", "T50_ctx_stream", "B2", "B2_stream"]

# Rounding on another CPU moved the real module's outputs by up to 7.6e-6; the mistakes that are easy to make (position
# biases swapped, no alignment of position scores, chunk 25 instead of 50, GELU for SiLU) move them by 8e-3 and more.
ABSOLUTE = 5e-5

SUBMODULES = [
    "embed",
    "pre_lookahead_layer",
    "encoders.0.self_attn",
    "encoders.0",
    "encoders.5",
    "up_layer",
    "up_embed",
    "up_encoders.0",
    "up_encoders.3",
    "after_norm",
]


def normal(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape, dtype=np.float32))


def test_state_dict_has_the_original_names_shapes_and_order(encoder: FlowEncoder, reference: dict[str, Any]) -> None:
    assert [[name, list(value.shape)] for name, value in encoder.state_dict().items()] == reference["state_dict"]


def test_size(encoder: FlowEncoder, reference: dict[str, Any]) -> None:
    assert sum(value.numel() for value in encoder.parameters()) == reference["parameters"] == 37_831_168
    assert len(encoder.state_dict()) == 206
    assert not list(encoder.buffers())


def test_weights_are_those_of_the_reference(encoder: FlowEncoder, reference: dict[str, Any]) -> None:
    total = sum(value.double().sum().item() for value in encoder.state_dict().values())
    assert total == pytest.approx(reference["sum_of_weights"], abs=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_output_equals_the_original(encoder: FlowEncoder, reference: dict[str, Any], case: str) -> None:
    expected = reference["cases"][case]
    inputs = {name: build_input(rule) for name, rule in expected["inputs"].items()}
    with torch.inference_mode():
        frames, mask = encoder(**inputs, streaming=expected["streaming"])
    assert_same(frames, expected["frames"], ABSOLUTE)
    assert mask.dtype is torch.bool
    assert mask.shape == (frames.size(0), 1, frames.size(1))
    assert int(mask.sum()) == expected["valid"]


def test_every_reference_case_is_used(reference: dict[str, Any]) -> None:
    assert sorted(reference["cases"]) == sorted(CASES)
    assert sorted(reference["submodules"]) == sorted(SUBMODULES)


@pytest.fixture(scope="module")
def submodule_outputs(encoder: FlowEncoder, reference: dict[str, Any]) -> dict[str, Tensor]:
    """First output of each named submodule for the 28-token case."""
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: Any) -> None:
            outputs[name] = output[0] if isinstance(output, tuple) else output

        return hook

    handles = [encoder.get_submodule(name).register_forward_hook(keep(name)) for name in SUBMODULES]
    with torch.inference_mode():
        encoder(**{name: build_input(rule) for name, rule in reference["cases"]["T28"]["inputs"].items()})
    for handle in handles:
        handle.remove()
    return outputs


@pytest.mark.parametrize("name", SUBMODULES)
def test_submodule_equals_the_original(
    submodule_outputs: dict[str, Tensor], reference: dict[str, Any], name: str
) -> None:
    expected = reference["submodules"][name]
    # Before the last norm values reach several hundred, so the tolerance follows their spread.
    assert_same(submodule_outputs[name], expected, max(1.0, expected["std"]) * 1e-5)


def test_loads_the_encoder_of_a_whole_checkpoint(encoder: FlowEncoder, narrow: FlowEncoder) -> None:
    checkpoint = {f"encoder.{name}": value for name, value in narrow.state_dict().items()}
    checkpoint["encoder_proj.weight"] = torch.zeros(80, 32)
    other = FlowEncoder(width=32, heads=2, feed_forward=64).eval()
    prefix = "encoder."
    other.load_state_dict(
        {name.removeprefix(prefix): value for name, value in checkpoint.items() if name.startswith(prefix)}, strict=True
    )
    xs, lengths = normal(1, 1, 9, 32), torch.tensor([9])
    with torch.inference_mode():
        assert torch.equal(other(xs, lengths)[0], narrow(xs, lengths)[0])
    with pytest.raises(RuntimeError, match="size mismatch"):
        encoder.load_state_dict(narrow.state_dict(), strict=True)


def test_constructed_plainly_it_has_usable_weights() -> None:
    """Without seeding, as a user of the class would build it to train or to load a checkpoint."""
    module = FlowEncoder(width=32, heads=2, feed_forward=64)
    module.train()
    frames, _ = module(normal(2, 1, 6, 32), torch.tensor([6]))
    assert frames.isfinite().all()


@pytest.mark.parametrize("complete", [25, 50])
def test_streaming_frames_of_complete_chunks_never_change(narrow: FlowEncoder, complete: int) -> None:
    tokens = normal(3, 1, 103, 32)
    with torch.inference_mode():
        late, _ = narrow(tokens[:, :100], torch.tensor([103]), tokens[:, 100:], streaming=True)
        early, _ = narrow(
            tokens[:, :complete], torch.tensor([complete + 3]), tokens[:, complete : complete + 3], streaming=True
        )
        whole, _ = narrow(tokens[:, :complete], torch.tensor([complete + 3]), tokens[:, complete : complete + 3])
    torch.testing.assert_close(early, late[:, : 2 * complete], rtol=0.0, atol=1e-5)
    if complete > 25:
        assert (early - whole).abs().max() > 1e-3, "streaming hides nothing"


def test_streaming_frames_of_an_incomplete_chunk_do_change(narrow: FlowEncoder) -> None:
    tokens = normal(3, 1, 103, 32)
    with torch.inference_mode():
        late, _ = narrow(tokens[:, :100], torch.tensor([103]), tokens[:, 100:], streaming=True)
        early, _ = narrow(tokens[:, :40], torch.tensor([43]), tokens[:, 40:43], streaming=True)
    assert (early[:, :50] - late[:, :50]).abs().max() < 1e-5
    assert (early[:, 50:] - late[:, 50:80]).abs().max() > 1e-3


def test_length_that_counts_the_context_changes_nothing(narrow: FlowEncoder) -> None:
    xs, context = normal(4, 1, 20, 32), normal(5, 1, 3, 32)
    with torch.inference_mode():
        counted, mask = narrow(xs, torch.tensor([23], dtype=torch.int32), context)
        plain, _ = narrow(xs, torch.tensor([20]), context)
    assert torch.equal(counted, plain)
    assert mask.all()


def test_decoding_limits_are_ignored(narrow: FlowEncoder) -> None:
    xs, lengths = normal(6, 1, 30, 32), torch.tensor([30])
    with torch.inference_mode():
        limited = narrow(xs, lengths, decoding_chunk_size=5, num_decoding_left_chunks=1)
        assert torch.equal(limited[0], narrow(xs, lengths)[0])


def test_one_token(narrow: FlowEncoder) -> None:
    with torch.inference_mode():
        frames, mask = narrow(normal(7, 1, 1, 32), torch.tensor([1]))
    assert frames.shape == (1, 2, 32)
    assert frames.isfinite().all()
    assert mask.shape == (1, 1, 2)


def test_empty_row_of_a_batch_stays_finite(narrow: FlowEncoder) -> None:
    with torch.inference_mode():
        frames, mask = narrow(normal(8, 2, 10, 32), torch.tensor([10, 0]))
    assert frames.isfinite().all()
    assert mask.sum(dim=2).flatten().tolist() == [20, 0]


def test_float64_agrees_with_float32(narrow: FlowEncoder) -> None:
    xs, lengths = normal(9, 1, 40, 32), torch.tensor([40])
    precise = copy.deepcopy(narrow).double()
    with torch.inference_mode():
        expected, _ = precise(xs.double(), lengths)
        got, _ = narrow(xs, lengths)
    assert expected.dtype is torch.float64
    assert ((got - expected).norm() / expected.norm()).item() < 1e-5
    assert precise.embed.pos_enc.table.dtype is torch.float64, "converted on first use, and kept"
    assert narrow.embed.pos_enc.table.dtype is torch.float32
