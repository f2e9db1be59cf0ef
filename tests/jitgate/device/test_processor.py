"""The processor, and what decides its clock."""

import sys
from pathlib import Path

import pytest
from jitgate.device.processor import Processor, cpu_model, governor, processor, turbo, usable_cores
from jitgate.device.reading import Missing


def test_the_processor_is_named_by_cpuinfo_where_there_is_one(tmp_path: Path) -> None:
    listing = tmp_path / "cpuinfo"
    listing.write_text("processor : 0\nmodel name\t:  Some   CPU @ 2 GHz\n")
    assert cpu_model(listing) == "Some CPU @ 2 GHz"
    assert cpu_model(tmp_path / "missing")


def test_the_real_processor_is_read() -> None:
    found = processor()
    assert found.model
    assert found.usable == len(usable_cores()) >= 1
    assert isinstance(found.cores, Missing) or found.cores >= 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has power plans instead")
def test_governors_are_read_from_every_processor(tmp_path: Path) -> None:
    for number, name in enumerate(["powersave", "performance", "powersave"]):
        folder = tmp_path / f"cpu{number}" / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text(f"{name}\n")
    assert governor(tmp_path) == "performance/powersave"
    assert isinstance(governor(tmp_path / "nowhere"), Missing)


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [("intel_pstate/no_turbo", "0", True), ("intel_pstate/no_turbo", "1", False), ("cpufreq/boost", "1", True)],
)
def test_turbo_is_read_where_the_driver_keeps_it(tmp_path: Path, place: str, text: str, expected: bool) -> None:
    path = tmp_path / place
    path.parent.mkdir()
    path.write_text(text + "\n")
    assert turbo(tmp_path) == expected


def test_unknown_turbo_is_missing(tmp_path: Path) -> None:
    (tmp_path / "cpufreq").mkdir()
    (tmp_path / "cpufreq" / "boost").write_text("maybe\n")
    assert isinstance(turbo(tmp_path), Missing)


def test_the_clock_policy_is_made_of_what_is_known() -> None:
    gone = Missing("hidden")
    assert Processor("x", 2, 2, "performance", False, 2000).clock_policy == "performance, no turbo"
    assert Processor("x", 2, 2, gone, True, 3000).clock_policy == "turbo"
    assert Processor("x", 2, 2, gone, gone, 3000).clock_policy is None
