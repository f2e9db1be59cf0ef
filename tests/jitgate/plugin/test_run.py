"""The main job on a brought-along model, in real processes: verdicts, storage, comparison, last words."""

from __future__ import annotations

import csv
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.jitgate.plugin.conftest import Project

BUDGET = ("--jitgate-budget", "8")


def outcomes(report: Path) -> dict[str, str]:
    """Test id -> passed, failed, skipped or error, from JUnit XML."""
    found = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - as above
        kinds = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
        found[case.attrib["name"]] = kinds[0] if kinds else "passed"
    return found


def entries(path: Path) -> dict[str, Any]:
    """Variant-scenario -> its entry."""
    document = json.loads(path.read_text())
    return {
        f"{entry['extra_info']['jitgate']['variant']}-{entry['extra_info']['jitgate']['scenario']}": entry
        for entry in document["benchmarks"]
    }


@pytest.mark.slow
def test_verdicts_records_and_comparison(project: Project) -> None:
    # Limits so far off that no noise can cross them: what is tested is the way of a verdict, not the speed.
    gates = (
        project.gate("torchscript", "min_speedup = 0.001")
        + project.gate("plain", "min_speedup = 1000.0")
        + project.gate("torchscript", "max_p95_ms = 60000")
        + project.gate("torchscript", "min_speedup_p95 = 1000.0")
        + project.gate("wrong", "min_speedup = 0.001")
        + project.gate("plain", 'max_memory = "1B"', scenario="long")
    )
    project.configure(["eager", "torchscript", "plain", "wrong"], gates)
    first = project.pytest("--benchmark-json", "out.json", "--benchmark-autosave", "--junitxml", "junit.xml", *BUDGET)
    assert first.returncode == 1, first.stdout + first.stderr

    # The failing test is the failing variant, and JUnit sees it.
    seen = outcomes(project.path / "junit.xml")
    speed = {
        name.split("/")[-1].rstrip("]"): seen[name] for name in seen if name.startswith("test_jit") and "short" in name
    }
    assert speed == {"torchscript": "passed", "plain": "failure", "wrong": "failure"}
    memory = {name: found for name, found in seen.items() if name.startswith("test_variant_stays")}
    assert [name for name, found in memory.items() if found != "passed"] == [
        "test_variant_stays_under_the_memory_limit[my.encoder/long/plain]"
    ]
    accuracy = {
        name.split("/")[-1].rstrip("]"): seen[name]
        for name in seen
        if name.startswith("test_candidate_gives") and "short" in name
    }
    assert accuracy == {"torchscript": "passed", "plain": "passed", "wrong": "failure"}

    slow = {name.split("[")[0]: found for name, found in seen.items() if "p95" in name and "short/torchscript" in name}
    assert slow == {
        "test_p95_stays_under_its_limit": "passed",
        "test_p95_stays_faster_than_eagers": "failure",
    }
    assert "FAIL: p95 is at most" in first.stdout

    # A failed assertion explains itself.
    assert "FAIL: The candidate is at most" in first.stdout
    assert "INVALID: The output differs, and speed counts only for the right answer: relative L2" in first.stdout
    assert "noise floor" in first.stdout

    # The record.
    found = entries(project.path / "out.json")
    assert set(found) == {f"{v}-{s}" for v in ("eager", "torchscript", "plain", "wrong") for s in ("short", "long")}
    entry = found["torchscript-short"]
    info = entry["extra_info"]["jitgate"]
    assert (info["workload"], info["baseline"], info["device"], info["precision"]) == (
        "my.encoder",
        "eager",
        "cpu",
        "fp32",
    )
    gate = info["gates"][0]
    assert (gate["gate"], gate["limit"], gate["verdict"]) == ("min_speedup", 0.001, "PASS")
    assert info["speedup"]["low"] <= info["speedup"]["estimate"] <= (info["speedup"]["high"] or float("inf"))
    assert info["speedup"]["pairs"] == info["rounds"] >= 10
    assert set(info["speedup"]["control"]) == {"estimate", "low", "high"}
    assert info["accuracy"]["rel_l2"] <= info["accuracy"]["tolerance"] == 1e-4
    assert info["cold_start"]["load_s"] > 0
    assert info["memory"]["peak_bytes"] > 0
    wrong = {gate["gate"]: gate["verdict"] for gate in found["wrong-short"]["extra_info"]["jitgate"]["gates"]}
    assert wrong["min_speedup"] == "INVALID"
    assert found["eager-short"]["extra_info"]["jitgate"]["speedup"] is None
    assert entry["stats"]["rounds"] == len(entry["stats"]["data"])
    assert entry["group"] == "my.encoder short"

    # Raw rounds, for `jitgate judge`.
    with (project.path / ".jitgate" / "rounds" / "my.encoder" / "short" / "torchscript.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == info["rounds"]
    assert set(rows[0]) == {"eager", "torchscript", "control"}

    # Stored under the fingerprint, without momentary clock rates.
    (stored,) = (project.path / ".benchmarks").rglob("*.json")
    machine = json.loads(stored.read_text())["machine_info"]
    assert machine["device"].split()[0][:5] in stored.parent.parent.name
    assert stored.parent.parent.parent.name == ".benchmarks"
    assert not any("hz" in key.lower() for key in machine)

    # The next run stands beside it, and compiles nothing.
    second = project.pytest("--benchmark-compare", "-k", "test_jit and short and torchscript", "-rA", *BUDGET)
    assert second.returncode == 0, second.stdout + second.stderr
    rows_of = [
        line
        for line in second.stdout.splitlines()
        if line.startswith("test_jit_stays_faster_than_eager[my.encoder/short/torchscript]")
    ]
    assert any("(NOW)" in line for line in rows_of)
    assert any("(0001_" in line for line in rows_of)
    assert "machine_info is different" not in second.stdout + second.stderr
    assert "exporting" not in second.stdout
    assert "not judged in this run: " in second.stdout
    assert "my.encoder/short/plain min_speedup" in second.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.slow
def test_a_killed_worker_is_one_failed_variant(project: Project) -> None:
    gates = "".join(project.gate(variant, "min_speedup = 0.001") for variant in ("dies", "plain"))
    project.configure(["eager", "dies", "plain", "missing"], gates)
    done = project.pytest("-k", "short", "--benchmark-json", "out.json", "--junitxml", "junit.xml", "-rs", *BUDGET)
    assert done.returncode == 1, done.stdout + done.stderr
    seen = outcomes(project.path / "junit.xml")
    by_variant: dict[str, set[str]] = {}
    for name, outcome in seen.items():
        by_variant.setdefault(name.split("/")[-1].rstrip("]"), set()).add(outcome)
    assert by_variant == {"eager": {"passed"}, "plain": {"passed"}, "dies": {"failure"}, "missing": {"skipped"}}
    assert "worker dies was killed by SIGKILL" in done.stdout
    assert "needs a flux capacitor; install one" in done.stdout
    found = entries(project.path / "out.json")
    assert {"eager-short", "plain-short"} <= set(found)
    left = [process.info for process in psutil.process_iter(["pid", "cwd"]) if process.info["cwd"] == str(project.path)]
    assert left == [], "workers have the session's folder, and end with it"


@pytest.mark.slow
def test_a_red_gate_can_not_end_green_whatever_a_test_makes_of_it(project: Project) -> None:
    project.configure(["eager", "plain"], project.gate("plain", "min_speedup = 1000.0", scenario="short"))
    (project.path / "test_mine.py").write_text(
        "def test_swallowed(candidate, min_speedup):\n"
        "    try:\n"
        "        assert candidate.speedup >= min_speedup\n"
        "    except AssertionError:\n"
        "        pass\n"
    )
    done = project.pytest("test_mine.py", "-k", "short", *BUDGET)
    assert "The test passed, and the gate min_speedup=1000.00 is red." in done.stdout
    assert "FAIL my.encoder" in done.stdout
    assert "RED: of 1 gate 1 failed." in done.stdout
    assert done.returncode == 1, done.stdout + done.stderr


@pytest.mark.slow
def test_a_gate_that_names_what_can_not_run_is_red(project: Project) -> None:
    project.configure(["eager", "missing"], project.gate("missing", "min_speedup = 0.001", scenario="short"))
    done = project.pytest("-k", "short and test_jit", "--junitxml", "junit.xml", *BUDGET)
    assert done.returncode == 1, done.stdout + done.stderr
    assert outcomes(project.path / "junit.xml") == {
        "test_jit_stays_faster_than_eager[my.encoder/short/missing]": "failure"
    }
    assert "FAIL: needs a flux capacitor; install one" in done.stdout


@pytest.mark.parametrize(("choice", "code", "outcome"), [("fail", 1, "failure"), ("skip", 0, "skipped")])
@pytest.mark.slow
def test_undecided_is_never_green(project: Project, choice: str, code: int, outcome: str) -> None:
    # At alpha one in a million, a second of rounds of a thing against itself can't decide a limit of 1.
    project.configure(["eager", "plain"], project.gate("plain", "min_speedup = 1.0", scenario="short"))
    settings = project.path / "pyproject.toml"
    settings.write_text(settings.read_text().replace("alpha = 0.01", f'alpha = 0.000001\non_inconclusive = "{choice}"'))
    done = project.pytest("-k", "short and test_jit", "--junitxml", "junit.xml", "-rs", "--jitgate-budget", "0.2")
    assert done.returncode == code, done.stdout + done.stderr
    assert outcomes(project.path / "junit.xml") == {"test_jit_stays_faster_than_eager[my.encoder/short/plain]": outcome}
    assert "INCONCLUSIVE" in done.stdout


@pytest.mark.slow
def test_a_test_of_ones_own_reads_like_the_requirement(project: Project) -> None:
    project.configure(["eager", "plain"])
    settings = project.path / "pyproject.toml"
    settings.write_text(settings.read_text().replace('scenarios = ["short", "long"]\n', ""))
    (project.path / "test_mine.py").write_text(
        "def test_my_limit(candidate):\n"
        "    assert candidate.speedup >= 0.001\n\n\n"
        "def test_my_memory(variant):\n"
        "    assert variant.peak_memory <= 4 * 1024**3\n\n\n"
        "def test_turned_round(candidate):\n"
        "    assert 1000 <= candidate.speedup\n"
    )
    done = project.pytest("test_mine.py", "-k", "short", "--junitxml", "junit.xml", *BUDGET)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "importing torch (discovery)" in done.stdout
    assert outcomes(project.path / "junit.xml") == {
        "test_my_limit[my.encoder/short/plain]": "passed",
        "test_my_memory[my.encoder/short/eager]": "passed",
        "test_my_memory[my.encoder/short/plain]": "passed",
        "test_turned_round[my.encoder/short/plain]": "failure",
    }
