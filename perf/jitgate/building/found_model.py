"""A model that was found, before it is known how it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jitgate.model.own_model import InputSpec

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class FoundModel:
    """title: what it is, for people. candidates: arguments of `forward` that can be made. first: those that are tried
    first. by_keyword: whether it is called by keyword, its tensors taken out of what it returns. notes: sentences.
    """

    module: torch.nn.Module
    title: str
    candidates: Mapping[str, InputSpec] = field(default_factory=dict)
    first: Sequence[str] = ()
    by_keyword: bool = False
    notes: tuple[str, ...] = ()
