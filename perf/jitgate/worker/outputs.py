"""The right answers of a scenario, as files between workers: written by the baseline, read by all others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jitgate.model.accuracy import Accuracy, worst
from jitgate.model.token_agreement import TokenAgreement
from jitgate.worker.accuracy import compare, not_finite, plain
from jitgate.worker.content import leaves
from jitgate.workloads.sound import Sound

Calls = Sequence["partial[Any]"]
"""The calls of a scenario, each with its inputs in `args`."""


def write(
    calls: Calls, sound: Sound | None, token_agreement: TokenAgreement | None, scenario: str, folder: Path
) -> Accuracy:
    """Make every call once and keep its output as the right answer, with what of it is a sound, or was chosen."""
    import torch

    broken = 0
    with torch.inference_mode():
        for number, call in enumerate(calls):
            right = [plain(leaf) for leaf in leaves(call())]
            broken += not_finite(right)
            judged = {
                "sound": sound and sound.as_plain(),
                "token_agreement": token_agreement and token_agreement.as_plain(),
            }
            torch.save({"leaves": right, **judged}, _file(folder, scenario, number))
    return Accuracy(0.0, not_finite=broken)


def read(calls: Calls, watched: Callable[[partial[Any]], Any], scenario: str, folder: Path) -> Accuracy:
    """Make every call once and compare its output with the right answer. watched: how the first call is made."""
    import torch

    accuracies = []
    with torch.inference_mode():
        for number, call in enumerate(calls):
            right = torch.load(_file(folder, scenario, number), weights_only=True)
            found = call() if number else watched(call)
            sound = right["sound"] and Sound.of_plain(right["sound"])
            token_agreement = right["token_agreement"] and TokenAgreement(**right["token_agreement"])
            accuracies.append(compare([plain(leaf) for leaf in leaves(found)], right["leaves"], sound, token_agreement))
    return worst(accuracies)


def _file(folder: Path, scenario: str, number: int) -> Path:
    return folder / f"{scenario}.{number}.output.pt"
