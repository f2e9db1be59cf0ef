"""The arithmetic of what CosyVoice2 needs, against the architecture and the module itself."""

from __future__ import annotations

import subprocess
import sys

import pytest
from jitgate_cosyvoice.card import footprint as module
from jitgate_cosyvoice.card.footprint import CardFootprint, footprints
from jitgate_cosyvoice.v2.flow_encoder import flow_encoder


def found(variant: str) -> CardFootprint:
    return next(footprint for footprint in footprints() if footprint.variant == variant)


def size(footprint: CardFootprint, what: str) -> int:
    return next(part.size_bytes for part in footprint.steady.parts if part.what == what)


def test_the_encoder_has_as_many_parameters_as_the_module() -> None:
    encoder = flow_encoder().module
    assert sum(parameter.numel() for parameter in encoder.parameters()) == module.ENCODER


def test_the_language_model_is_the_sum_of_its_tensors() -> None:
    width, inner, keys = 896, 4864, 2 * 64
    attention = (width * width + width) + 2 * (keys * width + keys) + width * width
    layer = attention + 3 * width * inner + 2 * width
    speech = 6564
    ends = module.LOGITS * width + width + 2 * width + (speech * width + speech) + speech * width
    assert 24 * layer + ends == module.LANGUAGE_MODEL
    assert module.CACHE_VALUES * 4 == 24_576


def test_weights_add_up_to_what_the_whole_model_has() -> None:
    weights = {"language model", "estimator", "encoder", "rest of the flow", "vocoder, always float32"}
    for variant, expected in (("eager", 4 * 639_174_467), ("eager+fp16", 2 * 618_353_172 + 4 * module.VOCODER)):
        parts = [part for part in found(variant).steady.parts if part.what in weights]
        assert sum(part.size_bytes for part in parts) == expected


def test_torchscript_keeps_its_position_tables_in_float32() -> None:
    tables = "encoder's position tables"
    assert size(found("torchscript+fp16"), tables) == size(found("eager"), tables)
    assert size(found("eager+fp16"), tables) * 2 == size(found("eager"), tables)
    # The frozen files are known to be 192.4 and 116.7 MB: weights and tables, and little else.
    for variant, file_mb in (("torchscript", 192.4), ("torchscript+fp16", 116.7)):
        known = size(found(variant), "encoder") + size(found(variant), tables)
        assert known / 1e6 == pytest.approx(file_mb, rel=0.01)


def test_the_estimator_leaves_torch_for_tensorrt() -> None:
    tensorrt = found("tensorrt+fp16")
    names = [part.what for part in tensorrt.steady.parts]
    assert "estimator" not in names
    assert "TensorRT execution context" in names
    building = next(phase for phase in tensorrt.phases if phase.name == "building the engine")
    assert "estimator" in [part.what for part in building.parts]
    assert building.need_bytes > 4 << 30
    assert building.condition


def test_every_figure_says_what_it_is_and_what_is_not_known() -> None:
    for footprint in footprints():
        assert not footprint.steady.condition, "the steady sum is a lower bound, and certain"
        assert footprint.steady.unknown[0] == "CUDA context"
        for phase in footprint.phases:
            assert all(part.basis.split()[0] in {"arithmetic", "reported", "upper"} for part in phase.parts)
            assert all(part.size_bytes > 0 for part in phase.parts)


def test_it_is_free_of_torch() -> None:
    script = "import sys, jitgate_cosyvoice.card.footprint; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
