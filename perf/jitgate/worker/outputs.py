"""The right answers of a scenario, as files between workers: written by the baseline, read by all others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jitgate.model.accuracy import Accuracy, worst
from jitgate.model.non_finite import NonFinite
from jitgate.model.token_agreement import TokenAgreement
from jitgate.values import files
from jitgate.values.leaves import named_leaves
from jitgate.values.tensors import kept
from jitgate.worker.accuracy import compare, not_finite
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.varied_inputs import fresh
from jitgate.workloads.sound import Sound

NOTHING = BeforeCall()

Calls = Sequence["partial[Any]"]
"""The calls of a scenario, each with its inputs in `args` and `keywords`."""


def write(
    calls: Calls,
    sound: Sound | None,
    token_agreement: TokenAgreement | None,
    scenario: str,
    folder: Path,
    non_finite: NonFinite = NonFinite.INVALID,
    before: BeforeCall = NOTHING,
) -> Accuracy:
    """Make every call once and keep its output as the right answer, with what of it is a sound, or was chosen.

    TypeError, in one sentence, for an output that can't be compared.
    """
    import torch

    broken = 0
    with torch.inference_mode():
        for number, call in enumerate(calls):
            before(number)
            right = kept_leaves(fresh(call)())
            broken += 0 if non_finite is NonFinite.EQUAL else not_finite(right.values())
            judged = {
                "sound": sound and sound.as_plain(),
                "token_agreement": token_agreement and token_agreement.as_plain(),
                "non_finite": non_finite.value,
            }
            files.save(_file(folder, scenario, number), {"leaves": right, **judged}, "output")
    return Accuracy(0.0, not_finite=broken)


def read(
    calls: Calls,
    watched: Callable[[partial[Any]], Any],
    scenario: str,
    folder: Path,
    before: BeforeCall = NOTHING,
) -> Accuracy:
    """Make every call once and compare its output with the right answer. watched: how the first call is made."""
    import torch

    accuracies = []
    with torch.inference_mode():
        for number, call in enumerate(calls):
            right = files.load(_file(folder, scenario, number))
            before(number)
            found = watched(fresh(call)) if not number else fresh(call)()
            sound = right["sound"] and Sound.of_plain(right["sound"])
            token_agreement = right["token_agreement"] and TokenAgreement(**right["token_agreement"])
            non_finite = NonFinite(right["non_finite"])
            accuracies.append(compare(kept_leaves(found), right["leaves"], sound, token_agreement, non_finite))
    return worst(accuracies)


def kept_leaves(output: Any) -> dict[str, Any]:
    """Path -> leaf of an output, of its own memory. TypeError, in one sentence, for what can't be compared."""
    return {path: kept(leaf) for path, leaf in named_leaves(output).items()}


def _file(folder: Path, scenario: str, number: int) -> Path:
    return folder / f"{scenario}.{number}.output.pt"
