"""Is an output the right one, and how far off is it? In words, and without a verdict."""

from __future__ import annotations

import math

from jitgate.model.samples import Samples
from jitgate.model.tolerance import LOG_MEL_DB


def is_right(samples: Samples) -> bool:
    """Whether the output was compared and found near enough.

    Integers (lengths, masks) are equal or wrong, also where a sound is judged by its log-mel distance. Token ids that
    were chosen are as good as the right ones, by their surprisal, or wrong.
    """
    accuracy = samples.accuracy
    if accuracy is None or accuracy.not_finite or accuracy.unequal or math.isinf(accuracy.rel_l2):
        return False
    if not accuracy.surprisal <= samples.tolerance:
        return False
    log_mel_db = accuracy.log_mel_db
    if accuracy.perceptual:
        return log_mel_db is not None and log_mel_db <= LOG_MEL_DB
    return accuracy.rel_l2 <= samples.tolerance and (log_mel_db is None or log_mel_db <= LOG_MEL_DB)


def difference(samples: Samples) -> str:
    """How far off the output is, in words."""
    accuracy = samples.accuracy
    if accuracy is None:
        return "it was not compared"
    if accuracy.not_finite:
        return f"it holds NaN or Inf ({accuracy.not_finite} {'value' if accuracy.not_finite == 1 else 'values'})"
    if accuracy.unequal:
        outputs = "output differs" if accuracy.unequal == 1 else "outputs differ"
        first = f" ({accuracy.mismatch})" if accuracy.mismatch else ""
        return f"{accuracy.unequal} integer {outputs} (ids, lengths, masks), and these must match exactly{first}"
    if (accuracy.perceptual and accuracy.log_mel_db is None) or math.isinf(accuracy.rel_l2):
        return accuracy.mismatch or "another shape, type or value"
    if not accuracy.surprisal <= samples.tolerance:
        return f"{token_agreement(samples)}, and at most {samples.tolerance:g} is allowed"
    log_mel_db = accuracy.log_mel_db
    if log_mel_db is not None and log_mel_db > LOG_MEL_DB:
        return f"log-mel distance {log_mel_db:.2g} dB, and more than {LOG_MEL_DB:g} dB is audible"
    place = f" in {accuracy.farthest}" if accuracy.farthest else ""
    return f"relative L2 error {accuracy.rel_l2:.1e}{place}, and at most {samples.tolerance:g} is allowed"


def token_agreement(samples: Samples) -> str:
    """How many of the chosen token ids are eager's, in words."""
    accuracy = samples.accuracy
    if accuracy is None:
        return "no token ids were compared"
    if not accuracy.other_ids:
        return f"all {accuracy.ids} chosen token ids are eager's"
    return (
        f"{accuracy.other_ids} of {accuracy.ids} chosen token ids differ, by eager's scores up to "
        f"{accuracy.surprisal:.1e} (relative) more surprising"
    )
