"""How far outputs are from eager float32's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Accuracy:
    """How far outputs are from eager float32's: the worst of all calls of a scenario.

    rel_l2: relative L2 distance. max_abs: largest difference of two floating-point values; infinite where there is
    none to take. not_finite: NaN and Inf among the outputs, whatever the right answer has in their place.
    integers: of the right answer's tensors, values that are integers or booleans: ids, lengths, masks. unequal: how
        many of them the outputs do not have.
    ids: of the right answer, ids that greedy decoding chose; they are no `integers` and in no distance, but judged by
        their probability. other_ids: how many of the outputs' ids differ. surprisal: how much less probable the worst
        of them is.
    snr_db, log_mel_db, mr_stft: audio metrics; None where the outputs are no sound, or can't be compared.
    perceptual: whether `log_mel_db` decides, and not `rel_l2`.
    inexact: whether there is a floating-point value at all; `rel_l2` says nothing of precision without one.
    mismatch: the first leaf that is another, and what was expected and found there, in words; "" for none.
    farthest: the path of the leaf that `rel_l2` is of, where there are several; "" where it is 0 or infinite.
    """

    rel_l2: float
    max_abs: float = 0.0
    not_finite: int = 0
    snr_db: float | None = None
    log_mel_db: float | None = None
    mr_stft: float | None = None
    perceptual: bool = False
    integers: int = 0
    unequal: int = 0
    ids: int = 0
    other_ids: int = 0
    surprisal: float = 0.0
    mismatch: str = ""
    inexact: bool = True
    farthest: str = ""


def worst(accuracies: Iterable[Accuracy]) -> Accuracy:
    """One accuracy for many calls. An audio metric is None where one call lacks it."""
    every = list(accuracies)

    def most(values: list[float | None], sign: int = 1) -> float | None:
        known = [value for value in values if value is not None]
        return sign * max(sign * value for value in known) if len(known) == len(values) else None

    return Accuracy(
        _largest([each.rel_l2 for each in every]),
        _largest([each.max_abs for each in every]),
        sum(each.not_finite for each in every),
        most([each.snr_db for each in every], sign=-1),
        most([each.log_mel_db for each in every]),
        most([each.mr_stft for each in every]),
        perceptual=any(each.perceptual for each in every),
        inexact=any(each.inexact for each in every),
        integers=sum(each.integers for each in every),
        unequal=sum(each.unequal for each in every),
        ids=sum(each.ids for each in every),
        other_ids=sum(each.other_ids for each in every),
        surprisal=_largest([each.surprisal for each in every]),
        mismatch=next((each.mismatch for each in every if each.mismatch), ""),
        farthest=max(every, key=lambda each: each.rel_l2, default=Accuracy(0.0)).farthest,
    )


def _largest(values: list[float]) -> float:
    """NaN, which compares with nothing, counts as infinite."""
    return max((math.inf if math.isnan(value) else value for value in values), default=0.0)
