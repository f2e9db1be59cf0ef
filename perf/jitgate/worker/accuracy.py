"""Is the output still the right one? Runs in workers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jitgate.worker.audio_metrics import heard
from jitgate.worker.token_agreement import decoded
from jitgate.workloads.sound import Sound
from jitgate.workloads.token_agreement import Greedy


@dataclass(frozen=True)
class Parity:
    """How far outputs are from eager float32's: the worst of all calls of a scenario.

    rel_l2: see `distance`. max_abs: largest difference of two floating-point values; infinite where there is no such
    difference to take. not_finite: NaN and Inf among the outputs, whatever the right answer has in their place.
    integers: of the right answer's tensors, values that are integers or booleans: ids, lengths, masks. unequal: how
        many of them the outputs do not have.
    ids: of the right answer, ids that greedy decoding chose, which are no `integers` and in no distance: they are
        judged by what they are worth. other_ids: how many of them are others. surprisal: see `Decoded`.
    snr_db, log_mel_db, mr_stft: see `jitgate.worker.audio_metrics`; None where the outputs are no sound, or can't be
    compared. by_ear: whether `log_mel_db` decides, and not `rel_l2`.
    """

    rel_l2: float
    max_abs: float = 0.0
    not_finite: int = 0
    snr_db: float | None = None
    log_mel_db: float | None = None
    mr_stft: float | None = None
    by_ear: bool = False
    integers: int = 0
    unequal: int = 0
    ids: int = 0
    other_ids: int = 0
    surprisal: float = 0.0


def compare(found: list[Any], right: list[Any], sound: Sound | None = None, greedy: Greedy | None = None) -> Parity:
    """The parity of one call's outputs, leaf by leaf. sound: which of the leaves is one. greedy: which were chosen."""
    ear = None
    if sound is not None and sound.leaf < min(len(found), len(right)):
        ear = heard(found[sound.leaf], right[sound.leaf], sound)
    chosen = decoded(found, right, greedy)
    if chosen is not None and greedy is not None:
        found, right = (leaves[: greedy.ids] + leaves[greedy.ids + 1 :] for leaves in (found, right))
    return Parity(
        distance(found, right),
        largest_gap(found, right),
        not_finite(found),
        None if ear is None else ear.snr_db,
        None if ear is None else ear.log_mel_db,
        None if ear is None else ear.mr_stft,
        by_ear=sound is not None and sound.by_ear,
        integers=integers(right),
        unequal=unequal(found, right),
        ids=chosen.ids if chosen else 0,
        other_ids=chosen.others if chosen else 0,
        surprisal=chosen.surprisal if chosen else 0.0,
    )


def worst(parities: Iterable[Parity]) -> Parity:
    """One parity for many calls. What could not be heard in one of them was not heard."""
    every = list(parities)

    def most(values: list[float | None], sign: int = 1) -> float | None:
        known = [value for value in values if value is not None]
        return sign * max(sign * value for value in known) if len(known) == len(values) else None

    return Parity(
        _largest([each.rel_l2 for each in every]),
        _largest([each.max_abs for each in every]),
        sum(each.not_finite for each in every),
        most([each.snr_db for each in every], sign=-1),
        most([each.log_mel_db for each in every]),
        most([each.mr_stft for each in every]),
        by_ear=any(each.by_ear for each in every),
        integers=sum(each.integers for each in every),
        unequal=sum(each.unequal for each in every),
        ids=sum(each.ids for each in every),
        other_ids=sum(each.other_ids for each in every),
        surprisal=_largest([each.surprisal for each in every]),
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


def _largest(values: list[float]) -> float:
    """NaN, which compares with nothing, counts as infinite."""
    return max((math.inf if math.isnan(value) else value for value in values), default=0.0)
