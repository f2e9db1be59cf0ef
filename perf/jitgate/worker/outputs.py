"""The right answers of a scenario, as files between workers: written by the baseline, read by all others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jitgate.model.accuracy import Accuracy, worst
from jitgate.model.name import file_name
from jitgate.model.non_finite import NonFinite
from jitgate.model.requests import WriteOutputs
from jitgate.model.token_agreement import TokenAgreement
from jitgate.values import files
from jitgate.values.leaves import named_leaves
from jitgate.values.tensors import kept, numbers
from jitgate.worker.accuracy import compare, not_finite
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.varied_inputs import fresh
from jitgate.workloads.call_mode import MODE
from jitgate.workloads.sound import Sound
from jitgate.workloads.workload import Workload

NOTHING = BeforeCall()

Calls = Sequence["partial[Any]"]
"""The calls of a scenario, each with its inputs in `args` and `keywords`."""


def write(calls: Calls, workload: Workload, request: WriteOutputs, before: BeforeCall = NOTHING) -> Accuracy:
    """Make every call once and keep its output as the right answer, with how it is to be compared.

    TypeError, in one sentence, for an output that can't be compared.
    """

    broken, comparable, sound, token_agreement = 0, False, workload.sound, request.token_agreement
    equal = NonFinite.EQUAL in (request.non_finite, workload.non_finite)
    with MODE():
        for number, call in enumerate(calls):
            before(number)
            right = kept_leaves(fresh(call)())
            comparable |= any(values is not None and values.numel() > 0 for values in map(numbers, right.values()))
            broken += 0 if equal else not_finite(right.values())
            judged = {
                "sound": sound and sound.as_plain(),
                "token_agreement": token_agreement and token_agreement.as_plain(),
                "non_finite": (NonFinite.EQUAL if equal else NonFinite.INVALID).value,
            }
            files.save(_file(request.folder, request.scenario, number), {"leaves": right, **judged}, "output")
    if not comparable:
        what = "None" if list(right.values()) == [None] else "without any number"
        raise TypeError(f"output is {what}, so that no variant could be wrong; let forward return its tensors")
    return Accuracy(0.0, not_finite=broken)


def read(
    calls: Calls,
    watched: Callable[[partial[Any]], Any],
    scenario: str,
    folder: Path,
    before: BeforeCall = NOTHING,
) -> Accuracy:
    """Make every call once and compare its output with the right answer. watched: how the first call is made."""

    accuracies = []
    with MODE():
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
    return folder / f"{file_name(scenario)}.{number}.output.pt"
