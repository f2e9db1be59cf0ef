"""Is the output still the right one? Runs in workers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from jitgate.model.accuracy import Accuracy
from jitgate.model.token_agreement import TokenAgreement
from jitgate.worker.audio_metrics import audio_metrics
from jitgate.worker.token_agreement import token_difference
from jitgate.workloads.sound import Sound


def compare(
    found: list[Any], right: list[Any], sound: Sound | None = None, token_agreement: TokenAgreement | None = None
) -> Accuracy:
    """The accuracy of one call, leaf by leaf. sound, token_agreement: which leaf is a sound, which are chosen ids."""
    metrics = None
    if sound is not None and sound.leaf < min(len(found), len(right)):
        metrics = audio_metrics(found[sound.leaf], right[sound.leaf], sound)
    chosen = token_difference(found, right, token_agreement)
    if chosen is not None and token_agreement is not None:
        found, right = (
            leaves[: token_agreement.token_ids] + leaves[token_agreement.token_ids + 1 :] for leaves in (found, right)
        )
    return Accuracy(
        distance(found, right),
        largest_gap(found, right),
        not_finite(found),
        None if metrics is None else metrics.snr_db,
        None if metrics is None else metrics.log_mel_db,
        None if metrics is None else metrics.mr_stft,
        perceptual=sound is not None and sound.perceptual,
        integers=integers(right),
        unequal=unequal(found, right),
        ids=chosen.ids if chosen else 0,
        other_ids=chosen.others if chosen else 0,
        surprisal=chosen.surprisal if chosen else 0.0,
    )


def distance(found: list[Any], right: list[Any]) -> float:
    """Worst relative L2 distance, ||found - right|| / ||right||, over the leaves of one output, in float64.

    Leaves that are not floating point must be equal. Another number, shape or kind of leaves, NaN or Inf anywhere:
    infinity.
    """
    import torch

    if len(found) != len(right):
        return math.inf
    worst = 0.0
    for one, other in zip(found, right, strict=True):
        if not isinstance(one, torch.Tensor) or not isinstance(other, torch.Tensor):
            worst = max(worst, 0.0 if one == other else math.inf)
        elif one.shape != other.shape:
            return math.inf
        elif not other.is_floating_point():
            worst = max(worst, 0.0 if one.dtype is other.dtype and torch.equal(one, other) else math.inf)
        elif other.numel():
            gap = torch.linalg.vector_norm(one.double() - other.double()).item()
            size = torch.linalg.vector_norm(other.double()).item()
            relative = gap / size if size else (0.0 if gap == 0 else math.inf)
            worst = max(worst, relative if math.isfinite(relative) else math.inf)
    return worst


def largest_gap(found: list[Any], right: list[Any]) -> float:
    """Largest absolute difference of two floating-point values; infinity where leaves don't match or aren't finite."""
    import torch

    if len(found) != len(right):
        return math.inf
    widest = 0.0
    for one, other in zip(found, right, strict=True):
        if not (isinstance(other, torch.Tensor) and other.is_floating_point()):
            continue
        if not isinstance(one, torch.Tensor) or one.shape != other.shape:
            return math.inf
        if other.numel():
            gap = (one.double() - other.double()).abs().max().item()
            widest = max(widest, gap if math.isfinite(gap) else math.inf)
    return widest


def integers(leaves: Iterable[Any]) -> int:
    """How many values are integers or booleans."""
    return sum(leaf.numel() for leaf in leaves if _is_integral(leaf))


def unequal(found: list[Any], right: list[Any]) -> int:
    """How many of the right answer's integers `found` does not have; all of a leaf with another shape or type."""
    import torch

    count = 0
    for place, other in enumerate(right):
        if not _is_integral(other):
            continue
        one = found[place] if place < len(found) else None
        alike = isinstance(one, torch.Tensor) and one.shape == other.shape and one.dtype is other.dtype
        count += int((one != other).sum()) if alike else other.numel()
    return count


def not_finite(leaves: Iterable[Any]) -> int:
    """How many values are NaN or Inf."""
    import torch

    return sum(
        int((~leaf.isfinite()).sum())
        for leaf in leaves
        if isinstance(leaf, torch.Tensor) and (leaf.is_floating_point() or leaf.is_complex())
    )


def plain(leaf: Any) -> Any:
    import torch

    return leaf.detach().cpu().clone() if isinstance(leaf, torch.Tensor) else leaf


def _is_integral(leaf: Any) -> bool:
    import torch

    return isinstance(leaf, torch.Tensor) and not leaf.is_floating_point() and not leaf.is_complex()
