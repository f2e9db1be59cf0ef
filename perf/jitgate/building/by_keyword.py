"""A model that is called by keyword, as a module that every engine can take: a dict of tensors in, tensors out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch


class ByKeyword(torch.nn.Module):
    """`model(**inputs, **constants)`, whose answer is the tuple of all tensors in what the model returns.

    Shapes and dtypes are the model's own. TypeError where it returns no tensor.
    """

    def __init__(self, model: torch.nn.Module, constants: Mapping[str, Any]) -> None:
        super().__init__()
        self.model = model
        self._constants = dict(constants)

    def forward(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
        return tuple(_tensors(self.model(**inputs, **self._constants)))


def _tensors(value: Any) -> list[torch.Tensor]:
    """Every tensor in nested tuples, lists, dicts (a `ModelOutput` is one) and dataclasses, in order, once each."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, tuple | list):
        parts = list(value)
    elif dataclasses.is_dataclass(value):
        parts = [getattr(value, each.name) for each in dataclasses.fields(value)]
    else:
        return []
    return [tensor for part in parts for tensor in _tensors(part)]
