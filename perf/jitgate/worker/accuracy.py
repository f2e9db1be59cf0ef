"""Is the output still the right one? Runs in workers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from jitgate.model.accuracy import Accuracy
from jitgate.model.non_finite import NonFinite
from jitgate.model.token_agreement import TokenAgreement
from jitgate.values.tensors import numbers
from jitgate.worker.audio_metrics import audio_metrics
from jitgate.worker.leaf_difference import LeafDifference, count_not_finite, is_inexact, leaf_difference, specials
from jitgate.worker.token_agreement import token_difference
from jitgate.workloads.sound import Sound

Leaves = Mapping[str, Any] | list[Any]
"""Path -> leaf, as `named_leaves` gives them; or leaves alone, which then go by their places."""


def compare(
    found: Leaves,
    right: Leaves,
    sound: Sound | None = None,
    token_agreement: TokenAgreement | None = None,
    non_finite: NonFinite = NonFinite.INVALID,
) -> Accuracy:
    """The accuracy of one call, leaf by leaf. sound, token_agreement: which leaf is a sound, which are chosen ids."""
    ours, theirs = _ordered(_named(found), _named(right)), _named(right)
    metrics = None
    if sound is not None and sound.leaf < min(len(ours), len(theirs)):
        metrics = audio_metrics(
            *_finite([*ours.values()][sound.leaf], [*theirs.values()][sound.leaf], non_finite), sound
        )
    chosen = token_difference([*ours.values()], [*theirs.values()], token_agreement)
    if chosen is not None and token_agreement is not None:
        ours, theirs = (_without(leaves, token_agreement.token_ids) for leaves in (ours, theirs))
    apart = _differences(ours, theirs, non_finite)
    return Accuracy(
        max((each.rel_l2 for each in apart.values()), default=0.0),
        max((each.max_abs for each in apart.values()), default=0.0),
        not_finite(ours.values(), theirs.values(), non_finite),
        None if metrics is None else metrics.snr_db,
        None if metrics is None else metrics.log_mel_db,
        None if metrics is None else metrics.mr_stft,
        perceptual=sound is not None and sound.perceptual,
        integers=integers(theirs.values()),
        inexact=any(values is not None and is_inexact(values) for values in map(numbers, theirs.values())),
        unequal=sum(each.unequal for each in apart.values()),
        ids=chosen.ids if chosen else 0,
        other_ids=chosen.others if chosen else 0,
        surprisal=chosen.surprisal if chosen else 0.0,
        mismatch=next((_at(path, each.mismatch) for path, each in apart.items() if each.mismatch), ""),
        farthest=_farthest(apart),
    )


def distance(found: Leaves, right: Leaves) -> float:
    """Worst relative L2 distance over the leaves of one output; see `leaf_difference`."""
    return compare(found, right).rel_l2


def integers(leaves: Iterable[Any]) -> int:
    """How many values are integers or booleans."""
    every = [values for values in map(numbers, leaves) if values is not None and not is_inexact(values)]
    return sum(values.numel() for values in every)


def not_finite(leaves: Iterable[Any], right: Iterable[Any] = (), non_finite: NonFinite = NonFinite.INVALID) -> int:
    """How many values are NaN or Inf; none where these may be equal to the right answer's, and are."""
    if non_finite is NonFinite.EQUAL:
        pairs = zip(leaves, right, strict=False)
        return sum(count_not_finite(one) for one, other in pairs if leaf_difference(one, other, non_finite).mismatch)
    return sum(count_not_finite(leaf) for leaf in leaves)


def _differences(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], non_finite: NonFinite
) -> dict[str, LeafDifference]:
    found = dict(zip(theirs, ours.values(), strict=False))
    apart = {path: leaf_difference(found[path], leaf, non_finite) for path, leaf in theirs.items() if path in found}
    counts = f"{len(theirs)} {'value' if len(theirs) == 1 else 'values'} expected, {len(ours)} found"
    for path, leaf in theirs.items():
        if path not in found:
            apart[path] = LeafDifference(math.inf, math.inf, integers([leaf]), f"missing ({counts})")
    for path in [*ours][len(theirs) :]:
        apart[f"{path} "] = LeafDifference(math.inf, math.inf, mismatch=f"not expected ({counts})")
    return apart


def _farthest(apart: Mapping[str, LeafDifference]) -> str:
    path = max(apart, key=lambda each: apart[each].rel_l2, default="")
    return path if len(apart) > 1 and 0 < apart[path].rel_l2 < math.inf else ""


def _at(path: str, words: str) -> str:
    """`words` with the path before them, unless it is the whole output."""
    return words if path == "output" else f"{path.strip()}: {words}"


def _named(leaves: Leaves) -> Mapping[str, Any]:
    return leaves if isinstance(leaves, Mapping) else {f"output[{place}]": leaf for place, leaf in enumerate(leaves)}


def _ordered(found: Mapping[str, Any], right: Mapping[str, Any]) -> Mapping[str, Any]:
    """`found` in the order of `right`, where both have the same paths: the keys of a dict may come in any order."""
    return {path: found[path] for path in right} if found.keys() == right.keys() else found


def _without(leaves: Mapping[str, Any], place: int) -> dict[str, Any]:
    return {path: leaf for number, (path, leaf) in enumerate(leaves.items()) if number != place}


def _finite(found: Any, right: Any, non_finite: NonFinite) -> tuple[Any, Any]:
    """Both, with 0 where they are not finite, and may be so, and are equal."""
    if non_finite is not NonFinite.EQUAL or leaf_difference(found, right, non_finite).mismatch:
        return found, right
    where, _ = specials(found, right)
    return found.masked_fill(where, 0), right.masked_fill(where, 0)
