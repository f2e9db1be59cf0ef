"""A model that is called by keyword, as a module that every engine can take: tensors in by keyword, tensors out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from jitgate.values.tensors import tensors_in


class ByKeyword(torch.nn.Module):
    """`model(**inputs, **constants)`, whose answer is the tuple of all tensors in what the model returns.

    Shapes and dtypes are the model's own. TypeError where what it returns contains itself.
    """

    def __init__(self, model: torch.nn.Module, constants: Mapping[str, Any]) -> None:
        super().__init__()
        self.model = model
        self._constants = dict(constants)

    def forward(self, **inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(tensors_in(self.model(**inputs, **self._constants)))
