"""nvidia-smi's answers, as it has been seen to print them."""

from collections.abc import Callable

import pytest
from jitgate.device import smi
from jitgate.device.card import CardProcess
from jitgate.device.reading import Missing, known

ROW = {
    "name": "NVIDIA, Odd Name",
    "uuid": "GPU-aa11",
    "driver_version": "552.22",
    "memory.total": "4096",
    "memory.used": "379",
    "memory.free": "3717",
    "compute_cap": "8.6",
    "clocks.sm": "210",
    "clocks.max.sm": "2100",
    "clocks.mem": "405",
    "clocks.max.mem": "7001",
    "clocks.applications.graphics": "1980",
    "clocks.applications.memory": "[N/A]",
    "power.power": "3.53",
    "power.limit": "[N/A]",
    "temperature.gpu": "45",
    "utilization.gpu": "19",
    "persistence_mode": "Disabled",
    "ecc.mode.current": "[N/A]",
    "mig.mode.current": "Enabled",
    "driver_model.current": "WDDM",
}


def answers(
    *, unknown: tuple[str, ...] = (), processes: str = "", code: int = 0
) -> Callable[[list[str]], tuple[int, str]]:
    """An nvidia-smi with one card, which does not know the fields `unknown`."""

    def ask(arguments: list[str]) -> tuple[int, str]:
        what, _, names = arguments[0].partition("=")
        if code:
            return code, "NVIDIA-SMI has failed because it couldn't communicate\nwith the NVIDIA driver."
        if what == "--query-compute-apps":
            return 0, processes
        fields = names.split(",")
        stray = next((field for field in fields if field in unknown), None)
        if stray:
            return 2, f'Field "{stray}" is not a valid field to query.\n'
        return 0, ", ".join(f'"{ROW[field]}"' if "," in ROW[field] else ROW[field] for field in fields) + "\n"

    return ask


def test_a_row_becomes_a_card_and_what_it_lacks_is_missing() -> None:
    found = smi.cards(answers())
    assert not isinstance(found, Missing)
    (card,) = found
    assert (card.name, card.uuid, card.driver) == ("NVIDIA, Odd Name", "GPU-aa11", "552.22")
    assert (card.memory_total_bytes, card.memory_used_bytes) == (4096 << 20, 379 << 20)
    assert (card.power_w, card.utilisation_percent) == (3.53, 19)
    assert (card.persistence, card.mig, card.driver_model) == (False, True, "WDDM")
    assert card.power_limit_w == Missing("nvidia-smi says '[N/A]' for power.limit")
    assert isinstance(card.applications_clocks, Missing), "half of the clocks is no setting"
    assert isinstance(card.ecc, Missing)


def test_fields_that_this_nvidia_smi_does_not_know_are_left_out() -> None:
    found = smi.cards(answers(unknown=("compute_cap", "mig.mode.current")))
    assert not isinstance(found, Missing)
    assert isinstance(found[0].compute_capability, Missing)
    assert isinstance(found[0].mig, Missing)
    assert known(found[0].memory_total_bytes) == 4096 << 20


def test_processes_belong_to_their_card() -> None:
    table = "GPU-aa11, 77, 1024, python\nGPU-zz, 78, 5, other\nGPU-aa11, 79, [N/A], [Not Found]\n"
    found = smi.cards(answers(processes=table))
    assert not isinstance(found, Missing)
    assert known(found[0].processes) == (CardProcess(77, "python", 1 << 30), CardProcess(79, "[Not Found]", None))


def test_a_failing_nvidia_smi_is_a_reason() -> None:
    found = smi.cards(answers(code=9))
    assert isinstance(found, Missing)
    assert found.why.startswith("nvidia-smi ended with code 9: NVIDIA-SMI has failed")


def test_no_nvidia_smi_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert smi.cards() == Missing("there is no nvidia-smi on the PATH")
