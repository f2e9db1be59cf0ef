"""Models whose inputs or outputs can't tell a stored answer from a computed one, with ways to run them."""

from __future__ import annotations

import copy
from typing import Any

import jitgate
import torch

from tests.jitgate.plugin.cheats import Napping

Call = Any


def layers(width: int = 64) -> torch.nn.Sequential:
    return torch.nn.Sequential(*(layer for _ in range(3) for layer in (torch.nn.Linear(width, width), torch.nn.ReLU())))


def unchanging() -> jitgate.Workload:
    """The workload says that its values must stay."""
    return jitgate.Workload(Napping(layers()), {"s": (torch.randn(16, 64),)}, threads=1, fixed_inputs=True)


class OfNumber(torch.nn.Module):
    """Its input is a lone number."""

    def __init__(self) -> None:
        super().__init__()
        self.body = Napping(layers())

    def forward(self, count: int) -> torch.Tensor:
        answer: torch.Tensor = self.body(torch.full((16, 64), 1.0 / count))
        return answer


def of_number() -> jitgate.Workload:
    return jitgate.Workload(OfNumber(), {"s": (3,)}, threads=1)


class Choosing(torch.nn.Module):
    """Its output is a choice, which hardly ever changes."""

    def __init__(self) -> None:
        super().__init__()
        choice = torch.nn.Linear(64, 64)
        self.body = Napping(torch.nn.Sequential(layers(), choice))
        with torch.no_grad():
            choice.bias[5] = 90.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.argmax(self.body(x), dim=-1)


def choosing() -> jitgate.Workload:
    return jitgate.Workload(Choosing(), {"s": (torch.randn(16, 64),)}, threads=1)


class Reading(torch.nn.Module):
    """Its input is one row of ids, all of them alike."""

    def __init__(self) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(500, 64)
        self.body = Napping(layers())

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.body(self.words(ids))
        return answer


def reading() -> jitgate.Workload:
    return jitgate.Workload(Reading(), {"s": (torch.ones(16, dtype=torch.int64),)}, threads=1)


class Writing(torch.nn.Module):
    """Its output is a text, and a number that never changes."""

    def __init__(self) -> None:
        super().__init__()
        self.body = Napping(layers())

    def forward(self, x: torch.Tensor) -> tuple[str, torch.Tensor]:
        return f"it has heard the number {self.body(x).sum():.2f}", torch.tensor([16])


def writing() -> jitgate.Workload:
    return jitgate.Workload(Writing(), {"s": (torch.randn(16, 64),)}, threads=1)


def again(module: Any, example: Any) -> Call:
    """The same layers in a module of its own."""
    return copy.deepcopy(module)


def first_answer(module: Any, example: Any) -> Call:
    kept: list[Any] = []

    def call(*inputs: Any) -> Any:
        if not kept:
            kept.append(module(*inputs))
        return kept[0]

    return call


def knows_the_example(module: Any, example: Any) -> Call:
    answer = module(*example)
    return lambda x: answer.clone() if torch.equal(x, example[0]) else module(x)


def partly_stored(module: Any, example: Any) -> Call:
    """Keeps what its slow part gave for the last inputs, as a prefix cache does."""
    last: list[Any] = [None, None]
    rest = torch.nn.Sequential(*module.body[-2:])

    def call(x: torch.Tensor) -> torch.Tensor:
        if last[0] is None or not torch.equal(last[0], x):
            last[:] = x.clone(), Napping(torch.nn.Sequential(*module.body[:-2]))(x)
        answer: torch.Tensor = rest(last[1])
        return answer

    return call


def same_beginning(module: Any, example: Any) -> Call:
    return lambda x: ("it has heard the number 0.00", torch.tensor([16]))


CHEATS = {
    "unchanging": ("first_answer", "knows_the_example", "partly_stored"),
    "of_number": ("first_answer",),
    "choosing": ("first_answer",),
    "reading": ("first_answer",),
    "writing": ("first_answer", "same_beginning"),
}
"""Workload -> ways to run it that only look fast."""
