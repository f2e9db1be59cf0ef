"""Inputs for a module without a configuration: an example that it carries, or what its first layer takes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from jitgate.building.ids import rows_of
from jitgate.building.values import described
from jitgate.model.own_model import InputSpec

EXAMPLES = ("example_input_array", "example_inputs", "dummy_inputs")
"""Attributes under which modules carry an example: Lightning's, torch's, transformers' and diffusers'."""

STEPS = 16
SIDE = 64
LENGTH = 256
"""Steps of a sequence, sides of an image, samples of a signal: enough for any stack of strides and windows."""


def required(module: Any) -> list[str]:
    """The arguments of `forward` that have no default."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(module.forward).parameters.items()
    return [name for name, each in parameters if each.kind in named and each.default is each.empty]


def examples(module: Any) -> dict[str, InputSpec]:
    """What the module carries as an example, by the names of `forward`; {} where it carries none."""
    names = list(inspect.signature(module.forward).parameters)
    for attribute in EXAMPLES:
        example = getattr(module, attribute, None)
        if isinstance(example, Mapping):
            pairs = list(example.items())
        elif isinstance(example, tuple | list):
            pairs = list(zip(names, example, strict=False))
        elif example is not None:
            pairs = list(zip(names, [example], strict=False))
        else:
            continue
        found = {str(name): spec for name, value in pairs if (spec := described(str(name), value))}
        if found and set(found) <= set(names):
            return found
    return {}


def guessed(module: Any) -> dict[str, InputSpec]:
    """The first argument, by the first layer whose input has a known form; {} where there is none."""
    names = required(module)[:1] or list(inspect.signature(module.forward).parameters)[:1]
    for layer in module.modules():
        form = _form(layer)
        if form is not None and names:
            sizes, rows = form
            if rows is None:
                return {names[0]: InputSpec(names[0], sizes, "float32")}
            return {names[0]: InputSpec(names[0], sizes, "int64", *rows)}
    return {}


def _form(layer: Any) -> tuple[tuple[int, ...], tuple[int, int] | None] | None:
    """Sizes of what a layer takes, and the range of indices where it takes them."""
    from torch import nn

    if isinstance(layer, nn.Embedding):
        return (1, STEPS), rows_of(layer.num_embeddings, layer.padding_idx)
    if isinstance(layer, nn.Linear):
        return (1, layer.in_features), None
    if isinstance(layer, nn.RNNBase):
        return ((1, STEPS) if layer.batch_first else (STEPS, 1)) + (layer.input_size,), None
    if isinstance(layer, nn.Conv1d | nn.ConvTranspose1d):
        return (1, layer.in_channels, LENGTH), None
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        return (1, layer.in_channels, SIDE, SIDE), None
    if isinstance(layer, nn.Conv3d | nn.ConvTranspose3d):
        return (1, layer.in_channels, STEPS, SIDE, SIDE), None
    if isinstance(layer, nn.MultiheadAttention):
        return ((1, STEPS) if layer.batch_first else (STEPS, 1)) + (layer.embed_dim,), None
    if isinstance(layer, nn.LayerNorm):
        return (1, STEPS, *layer.normalized_shape), None
    return None
