"""Two outputs of the same inputs, read from files and compared on the host: no code of a variant takes part."""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SKETCH = 4096
"""Values of an output that are remembered, evenly spread: enough to tell one output from another."""

EXACT = 1 << 53
"""Integers up to this are exact in float64."""


@dataclass(frozen=True)
class Sketch:
    """Some values of an output: its numbers, and what is chosen (integers, booleans, text), each as one row."""

    numbers: Array
    choices: Array

    @property
    def sizes(self) -> tuple[int, int]:
        """How many there are of each."""
        return len(self.numbers), len(self.choices)


@dataclass(frozen=True)
class OutputSample:
    """The leaves of one output, as float64. exact: whether a leaf holds integers, booleans or text."""

    leaves: tuple[Array, ...]
    exact: tuple[bool, ...]

    @classmethod
    def read(cls, source: Path | bytes) -> OutputSample:
        """source: a file, or its content. Nothing is unpickled. OSError or ValueError for what is no such file."""
        leaves, exact = [], []
        with source.open("rb") if isinstance(source, Path) else io.BufferedReader(io.BytesIO(source)) as file:
            while file.peek(1):
                found = np.lib.format.read_array(file, allow_pickle=False)
                if found.dtype.kind == "c":
                    found = np.stack([found.real, found.imag])
                if found.dtype.kind in "iu" and found.dtype.itemsize == 8 and (np.abs(found) > EXACT).any():
                    found = np.stack([found // EXACT, found % EXACT])
                if found.dtype.kind not in "fiub":
                    found = np.array([hash_of(str(found))])
                leaves.append(found.astype(np.float64))
                exact.append(found.dtype.kind != "f")
        return cls(tuple(leaves), tuple(exact))

    @cached_property
    def sketch(self) -> Sketch:
        """Some values of all leaves."""
        return Sketch(self._row(exact=False), self._row(exact=True))

    def _row(self, *, exact: bool) -> Array:
        every = [leaf.reshape(-1) for leaf, chosen in zip(self.leaves, self.exact, strict=True) if chosen == exact]
        flat = np.concatenate(every) if every else np.zeros(0)
        some: Array = flat[:: max(1, math.ceil(flat.size / SKETCH))]
        return np.where(np.isfinite(some), some, 0.0)  # the largest number in its place would outweigh all others


@dataclass(frozen=True)
class OutputGap:
    """rel_l2: worst relative L2 distance of a leaf; infinite for another number or shape of leaves. unequal: exact
    leaves that differ. lost: values that are not finite where the right one is."""

    rel_l2: float
    unequal: int
    lost: int


def gap(found: OutputSample, right: OutputSample) -> OutputGap:
    """How far `found` is from `right`, of the same inputs. Values that `right` has no finite number for don't count."""
    if [leaf.shape for leaf in found.leaves] != [leaf.shape for leaf in right.leaves]:
        return OutputGap(math.inf, 0, 0)
    worst, unequal, lost = 0.0, 0, 0
    for one, other, exact in zip(found.leaves, right.leaves, right.exact, strict=True):
        known = np.isfinite(other)
        lost += int((known & ~np.isfinite(one)).sum())
        known &= np.isfinite(one)
        if exact:
            unequal += int((one != other).any())
        elif known.any():
            size, off = np.linalg.norm(other[known]), np.linalg.norm(one[known] - other[known])
            worst = max(worst, float(off / size) if size else (math.inf if off else 0.0))
    return OutputGap(worst, unequal, lost)


def hash_of(text: str) -> float:
    """A number that stands for `text`."""
    digest = hashlib.blake2b(text.encode(errors="replace"), digest_size=6)  # as many bits as a float64 holds exactly
    return float(int.from_bytes(digest.digest(), "big"))
