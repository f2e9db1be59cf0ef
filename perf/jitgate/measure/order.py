"""The order of turns."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeAlias

from jitgate.model.variant import BASELINE, CONTROL


class Shuffled:
    """Random, the same for the same seed. Rounds are short compared with drift, so any order will do."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - an order that can be repeated, not a secret

    def of(self, names: Sequence[str], number: int) -> list[str]:  # noqa: ARG002 - every round is shuffled
        """`names` in the order of round `number`: of those that count, from 0."""
        found = sorted(names)
        self._random.shuffle(found)
        return found

    def balanced(self, rounds: int) -> bool:  # noqa: ARG002 - on average it is after every round
        """Whether after so many rounds no worker had better places than another."""
        return True


class Mirrored:
    """ABBA: baseline, candidates, control, and the same backwards in the next round.

    Blocks are long, so that a machine drifts from one to the next. What is linear in time moves the pairs of two
    neighbouring rounds as far to one side as to the other (Latin-square order of two treatments: Cox, Planning of
    Experiments, 1958, chapter 10). The order of the candidates among themselves is shuffled for every two rounds.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def of(self, names: Sequence[str], number: int) -> list[str]:
        between = sorted(name for name in names if name not in (BASELINE, CONTROL))
        random.Random(f"{self._seed} {number // 2}").shuffle(between)  # noqa: S311 - as above
        forward = [
            *(name for name in names if name == BASELINE),
            *between,
            *(name for name in names if name == CONTROL),
        ]
        return forward if number % 2 == 0 else forward[::-1]

    def balanced(self, rounds: int) -> bool:
        return rounds % 2 == 0


Order: TypeAlias = Shuffled | Mirrored
