"""How far one leaf of an output is from the right one: a tensor of any kind, an array, or a plain value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jitgate.model.non_finite import NonFinite
from jitgate.values.tensors import aligned, numbers

if TYPE_CHECKING:
    from torch import Tensor

LONGEST = 60
"""Characters of a value that are shown: a word or a number fits."""

TEXTS = (str, bytes)
"""What is the same as a subclass of it, which a file does not keep."""

SOUND = 1000
"""Values from which on a single row is a signal, and its values are called samples."""


@dataclass(frozen=True)
class LeafDifference:
    """As `Accuracy`, of one leaf. mismatch: what is another, in words, where no distance can be taken."""

    rel_l2: float = 0.0
    max_abs: float = 0.0
    unequal: int = 0
    mismatch: str = ""


def leaf_difference(found: Any, right: Any, non_finite: NonFinite = NonFinite.INVALID) -> LeafDifference:
    """Floating-point and complex numbers have a distance; everything else is equal or another.

    rel_l2: ||found - right|| / ||right|| in float64; infinity for another type, size or layout, and for NaN or Inf.
    """
    if _is_setting(right) and _is_setting(found):
        return LeafDifference()
    one, other = numbers(found), numbers(right)
    if other is None or one is None:
        words = "" if _same(found, right) else f"{_shown(right)} expected, {_shown(found)} found"
    else:
        words = unlike(found, right) or _other_sizes(one, other)
    if words or one is None or other is None:
        return _mismatch(other, words) if words else LeafDifference()
    if other.is_sparse:
        one, other = aligned(one, other)
    return _far(one, other, non_finite) if is_inexact(other) else _unequal(one, other)


def is_inexact(values: Tensor) -> bool:
    """Whether these are floating-point or complex numbers."""
    return values.is_floating_point() or values.is_complex()


def count_not_finite(leaf: Any) -> int:
    """How many of its numbers are NaN or Inf."""
    values = numbers(leaf)
    if values is None or not is_inexact(values):
        return 0
    return int((~(values.values() if values.is_sparse else values).isfinite()).sum())


def specials(one: Tensor, other: Tensor) -> tuple[Tensor, int]:
    """Where two tensors are not finite, and at how many of these places they are not equal."""
    where = ~one.isfinite() | ~other.isfinite()
    alike = (one == other) | (one.isnan() & other.isnan())
    return where, int((where & ~alike).sum())


def unlike(found: Any, right: Any) -> str:
    """What is another of two leaves that hold numbers, besides sizes and values, in words; "" for nothing."""
    import torch

    one, other = _kind(found), _kind(right)
    if one != other:
        return f"{other} expected, {one} found"
    if not hasattr(right, "dtype") or found.dtype == right.dtype:
        return ""
    exact = isinstance(right, torch.Tensor) and right.is_quantized
    kinds = [
        (each.is_complex(), each.is_floating_point()) for each in (numbers(found), numbers(right)) if each is not None
    ]
    if not exact and kinds[0] == kinds[1] and any(kinds[0]):
        return ""  # another precision is what a variant may be about
    return f"{right.dtype} expected, {found.dtype} found"


def _far(one: Tensor, other: Tensor, non_finite: NonFinite) -> LeafDifference:
    import torch

    one, other = (
        torch.view_as_real(each.to(torch.complex128)) if each.is_complex() else each.double() for each in (one, other)
    )
    if non_finite is NonFinite.EQUAL:
        where, others = specials(one, other)
        if others:
            words = f"NaN or infinite values are not where eager has them ({others} places)"
            return LeafDifference(math.inf, math.inf, mismatch=words)
        one, other = one.masked_fill(where, 0), other.masked_fill(where, 0)
    if not other.numel():
        return LeafDifference()
    apart = one - other
    gap, size = (torch.linalg.vector_norm(each).item() for each in (apart, other))
    widest = apart.abs().max().item()
    words = f"all values are 0, and up to {widest:.2g} found" if not size and gap and math.isfinite(gap) else ""
    relative = gap / size if size else (0.0 if gap == 0 else math.inf)
    return LeafDifference(
        relative if math.isfinite(relative) else math.inf, widest if math.isfinite(widest) else math.inf, mismatch=words
    )


def _unequal(one: Tensor, other: Tensor) -> LeafDifference:
    import torch

    differ = (one != other).reshape(-1) if one.dtype == other.dtype else torch.ones(other.numel(), dtype=torch.bool)
    count = int(differ.sum())
    if not count:
        return LeafDifference()
    place = int(differ.int().argmax())
    expected, met = (each.reshape(-1)[place].item() for each in (other, one))
    at = f" at place {place}" if other.dim() else ""
    return LeafDifference(math.inf, unequal=count, mismatch=f"{expected} expected{at}, {met} found")


def _mismatch(other: Tensor | None, words: str) -> LeafDifference:
    if other is None:
        return LeafDifference(math.inf, mismatch=words)
    if is_inexact(other):
        return LeafDifference(math.inf, math.inf, mismatch=words)
    return LeafDifference(math.inf, unequal=other.numel(), mismatch=words)


def _other_sizes(one: Tensor, other: Tensor) -> str:
    if one.shape == other.shape:
        return ""
    pairs = list(zip(one.shape, other.shape, strict=False))
    apart = [axis for axis, (met, expected) in enumerate(pairs) if met != expected]
    if one.dim() == other.dim() and apart == [other.dim() - 1] and other.numel() == other.shape[-1] >= SOUND:
        return f"{other.shape[-1]} samples expected, {one.shape[-1]} found"
    return f"sizes {tuple(other.shape)} expected, {tuple(one.shape)} found"


def _kind(leaf: Any) -> str:
    """What a leaf is, in words: another kind of it is another output."""
    import numpy as np
    import torch

    if isinstance(leaf, torch.Tensor):
        dense = leaf.layout is torch.strided
        return "a tensor" if dense else f"a {str(leaf.layout).removeprefix('torch.')} tensor"
    if isinstance(leaf, np.ndarray):
        return "an array"
    plain = leaf.item() if isinstance(leaf, np.generic) else leaf
    return f"{'an' if isinstance(plain, int) and not isinstance(plain, bool) else 'a'} {type(plain).__name__}"


def _same(found: Any, right: Any) -> bool:
    import numpy as np

    if isinstance(found, np.ndarray) and isinstance(right, np.ndarray):
        return found.shape == right.shape and bool((found == right).all())
    alike = type(found) is type(right) or any(isinstance(found, each) and isinstance(right, each) for each in TEXTS)
    return alike and bool(found == right)


def _is_setting(leaf: Any) -> bool:
    """A dtype, a device or a class is no result: what keeps keys and values has them beside its tensors."""
    import torch

    return isinstance(leaf, torch.dtype | torch.device | torch.layout | torch.memory_format | type)


def _shown(leaf: Any) -> str:
    import numpy as np

    words = leaf.tolist() if isinstance(leaf, np.ndarray | np.generic) else leaf
    simple = isinstance(words, str | bytes | bool | int | float | complex | list | type(None))
    text = repr(words) if simple else _kind(leaf)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
