"""Inputs for a model of transformers, by the name of the argument and the sizes in its configuration."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from jitgate.building.config_facts import ConfigFacts
from jitgate.model.own_model import InputSpec

TOKENS = 128
"""Tokens of a text: a sentence or two."""

SECOND = 16000
"""Samples of a sound of one second, as speech models take it."""

FRAMES = 100
"""Frames of a spectrogram, a second at the usual hop, where the model does not fix them."""

CHARACTERS = 32, 126
"""Code points of a model that reads text without a vocabulary."""

GRID = 4
"""Frames, rows and columns of patches, where a vision tower takes an image that is cut already."""

Make = Callable[[ConfigFacts], InputSpec | None]


def candidates(model: Any, text_tokens: int = TOKENS) -> dict[str, InputSpec]:
    """Every argument of `forward` that can be made. model: a `PreTrainedModel`; nothing is run."""
    facts = ConfigFacts(model.config.to_dict())
    longest = facts.size("max_position_embeddings", "max_target_positions", "n_positions", "max_source_positions")
    tokens = min(text_tokens, (longest or text_tokens) - 2)
    found = {}
    for name in inspect.signature(model.forward).parameters:
        made = _made(name, facts, max(1, tokens))
        if made is not None:
            found[name] = made
    patches = _patches(facts)
    if patches is not None and "pixel_values" in found and "input_ids" not in found and found.keys() & GRIDS:
        found["pixel_values"] = InputSpec("pixel_values", patches.sizes, patches.dtype)
    return found


def first_choice(model: Any, there: Mapping[str, InputSpec]) -> list[str]:
    """What is given at first: what has no default, the main input with its mask, and a decoder's ids."""
    parameters = inspect.signature(model.forward).parameters
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    names = [name for name, each in parameters.items() if each.default is each.empty and each.kind in kinds]
    main = model.main_input_name
    names += [name for name in ([main] if isinstance(main, str) else main) if name in parameters]
    if "input_ids" in names and "attention_mask" in parameters:
        names.append("attention_mask")
    if getattr(model.config, "is_encoder_decoder", False) and "decoder_input_ids" in parameters:
        names.append("decoder_input_ids")
    if not names:
        names += list(there)[:1]
    return list(dict.fromkeys(names))


def _made(name: str, facts: ConfigFacts, tokens: int) -> InputSpec | None:
    if name in _TEXT:
        return InputSpec(name, (1, tokens), "int64", *(facts.tokens() or CHARACTERS))
    if name == "bbox":
        return InputSpec(name, (1, tokens, 4), "int64", 0, 0)
    if name in _ONES:
        return InputSpec(name, (1, tokens), "int64", 1, 1)
    if name in _ZEROS:
        return InputSpec(name, (1, tokens), "int64", 0, 0)
    make = _MAKERS.get(name)
    made = None if make is None else make(facts)
    return None if made is None else InputSpec(name, made.sizes, made.dtype, made.low, made.high)


_TEXT = ("input_ids", "decoder_input_ids", "qformer_input_ids", "tasks_input_ids", "classes_input_ids", "text_ids")
_ONES = ("attention_mask", "decoder_attention_mask", "qformer_attention_mask", "tasks_attention_mask")
_ZEROS = ("token_type_ids",)
GRIDS = {"grid_thw", "image_grid_thw"}


def _tensor(*sizes: int, dtype: str = "float32", low: int | None = None, high: int | None = None) -> InputSpec:
    return InputSpec("", sizes, dtype, low, high)


def _image(facts: ConfigFacts) -> InputSpec | None:
    channels = facts.size("num_channels", "in_channels", "in_chans", "num_input_channels", "input_channels") or 3
    height, width = facts.sides("image_size") or facts.sides("img_size") or facts.sides("input_size") or (224, 224)
    frames = facts.size("num_frames", "num_image_with_embedding", "frames_per_clip")
    return _tensor(1, frames, channels, height, width) if frames else _tensor(1, channels, height, width)


def _video(facts: ConfigFacts) -> InputSpec | None:
    height, width = facts.sides("image_size") or facts.sides("crop_size") or (224, 224)
    return _tensor(1, facts.size("num_frames", "frames_per_clip") or 8, 3, height, width)


def _wave(facts: ConfigFacts) -> InputSpec | None:
    bins, length = facts.size("num_mel_bins"), facts.size("max_length")
    if bins and length and facts.value("conv_dim") is None:
        return _tensor(1, length, bins)  # a spectrogram by that name, as the audio spectrogram transformer has
    mono = facts.value("conv_dim") is None and facts.size("audio_channels", "upsampling_ratios", "encoder_hidden_size")
    return _tensor(1, facts.size("audio_channels") or 1, SECOND) if mono else _tensor(1, SECOND)


def _spectrogram(facts: ConfigFacts) -> InputSpec | None:
    bins = facts.size(
        "num_mel_bins", "feature_size", "input_feat_per_channel", "feature_projection_input_dim", "input_dim",
        "feat_in", "input_size", "model_in_channels", "spectrogram_bins", "n_mels",
    )  # fmt: skip
    positions = facts.size("max_source_positions")
    if facts.size("input_feat_per_channel", "feature_projection_input_dim") or positions is None:
        return _tensor(1, FRAMES, bins or 80)
    return _tensor(1, bins or 80, 2 * positions)


def _series(facts: ConfigFacts) -> InputSpec | None:
    length = facts.size("context_length", "seq_length", "sequence_length") or 64
    lags = facts.value("lags_sequence")
    longest = max(lags) if isinstance(lags, list | tuple) and lags else 0
    channels = facts.size("num_input_channels")
    return _tensor(1, length + longest, channels) if channels else _tensor(1, length + longest)


def _series_features(facts: ConfigFacts) -> InputSpec | None:
    made = _series(facts)
    features = (facts.size("num_time_features") or 0) + (0 if facts.size("num_time_features") else 1)
    return None if made is None or made.sizes is None else _tensor(*made.sizes[:2], features)


def _series_mask(facts: ConfigFacts) -> InputSpec | None:
    made = _series(facts)
    return None if made is None or made.sizes is None else _tensor(*made.sizes, dtype="bool")


def _states(facts: ConfigFacts) -> InputSpec | None:
    width = facts.size("hidden_size", "d_model", "hidden_dim", "embed_dim")
    return None if width is None else _tensor(1, 16, width)


def _patches(facts: ConfigFacts) -> InputSpec | None:
    """Patches of `GRID`, as vision towers with a grid take them."""
    patch = facts.size("patch_size", "spatial_patch_size") or 14
    steps, channels = facts.size("temporal_patch_size") or 1, facts.size("in_channels", "num_channels", "in_chans") or 3
    return _tensor(GRID**3, channels * steps * patch * patch)


_MAKERS: Mapping[str, Make] = {
    "pixel_values": _image,
    "prompt_pixel_values": _image,
    "pixel_values_videos": _video,
    "input_values": _wave,
    "audio_values": _wave,
    "input_features": _spectrogram,
    "audio_mel": _spectrogram,
    "past_values": _series,
    "past_time_features": _series_features,
    "past_observed_mask": _series_mask,
    "inputs_embeds": _states,
    "encoder_hidden_states": _states,
    "hidden_states": _patches,
    "query_embeds": _states,
    "grid_thw": lambda _: _tensor(1, 3, dtype="int64", low=GRID, high=GRID),
    "image_grid_thw": lambda _: _tensor(1, 3, dtype="int64", low=GRID, high=GRID),
}
