"""Ids that greedy decoding chose: are they the right ones, or as good? Runs in workers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jitgate.model.token_agreement import TokenAgreement

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TokenDifference:
    """ids: how many were chosen. others: how many of them are not the right answer's.

    surprisal: how much more surprising the worst of them is than the right one: (-ln p(found) + ln p(right)) /
        -ln p(right), with the probabilities of the right answer's scores. 0 where all are the same, or as good. Where
        the right answer was sure (p near 1) any other id is far; where many are nearly as good, one of these is near.
    """

    ids: int
    others: int
    surprisal: float


def token_difference(
    found: list[Any], right: list[Any], token_agreement: TokenAgreement | None
) -> TokenDifference | None:
    """What was chosen, by the right answer's scores; None where they can't judge it, and only equal ids are right.

    That is where the outputs are not what `token_agreement` says: another number, shape or type of leaves, scores that
    are no finite log-probabilities, a right answer that is not the best by its own scores, or ids that can't be chosen
    at all.
    """
    import torch

    if (
        token_agreement is None
        or len(found) != len(right)
        or max(token_agreement.token_ids, token_agreement.log_probs) >= len(right)
    ):
        return None
    one, other, scores = (
        found[token_agreement.token_ids],
        right[token_agreement.token_ids],
        right[token_agreement.log_probs],
    )
    if not all(isinstance(each, torch.Tensor) for each in (one, other, scores)):
        return None
    if one.shape != other.shape or one.dtype is not other.dtype or not other.numel() or not _whole(other):
        return None
    if not (scores.is_floating_point() and scores.dim() and _axes(scores.shape[:-1]) == _axes(other.shape)):
        return None
    if scores.shape[-1] < token_agreement.vocab_size:
        return None
    rows = scores.reshape(other.numel(), -1)[:, : token_agreement.vocab_size].double()
    return _judged(one.reshape(-1, 1).long(), other.reshape(-1, 1).long(), rows)


def _judged(one: Tensor, other: Tensor, scores: Tensor) -> TokenDifference | None:
    """one, other (n, 1): ids found, and right. scores (n, ids)."""
    if not scores.isfinite().all() or scores.max() > 0:
        return None
    if min(one.min(), other.min()) < 0 or max(one.max(), other.max()) >= scores.shape[-1]:
        return None
    best, worth = scores.gather(-1, other), scores.gather(-1, one)
    if (best < scores.amax(dim=-1, keepdim=True)).any():
        return None
    pairs = zip((-best).flatten().tolist(), (best - worth).flatten().tolist(), strict=True)
    surprisal = max(gap / least if least else math.inf if gap else 0.0 for least, gap in pairs)
    return TokenDifference(other.numel(), int((one != other).sum()), surprisal)


def _axes(sizes: Iterable[int]) -> list[int]:
    return [size for size in sizes if size != 1]


def _whole(tensor: Tensor) -> bool:
    import torch

    return not tensor.is_floating_point() and not tensor.is_complex() and tensor.dtype is not torch.bool
