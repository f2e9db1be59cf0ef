"""The plan for a card: it fits its nine minutes, keeps what it has at every moment, and says what did not run."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CI = ROOT / ".ci"
PLANS = ("card", "card-more")

needs_bash = pytest.mark.skipif(os.name == "nt" or shutil.which("timeout") is None, reason="needs bash and GNU timeout")


def start(tmp_path: Path, steps: str, sigint: str = "default") -> subprocess.Popen[str]:
    """A plan of these steps, without the setup. sigint: `ignore` as in the background of a shell, or `default`."""
    plan = tmp_path / "plan"
    head = f"TOTAL_S=60\nsource {CI / 'card-steps.sh'}\nLEAST_S=1 GRACE_S=5 PATIENCE=1\n"
    plan.write_text(f'{head}{steps}\nfinish "$failed"\n')
    environment = {**os.environ, "OUT": str(tmp_path / "out"), "JITGATE_DEVICE": "cpu"}
    command = ["env", f"--{sigint}-signal=INT", "bash", str(plan)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def table(tmp_path: Path) -> dict[str, str]:
    """Step -> how it ended."""
    lines = (tmp_path / "out" / "steps.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {row[0]: row[3] for row in rows if row[0] not in ("step", "---")}


@pytest.mark.slow
@needs_bash
def test_steps_are_independent_and_every_end_is_told(tmp_path: Path) -> None:
    steps = """
        step good 20 echo fine
        step red 20 bash -c 'exit 1'
        step broken 20 no-such-command
        step endless 10 python3 -c 'import time
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("put away")'
        skip left 'no card'
        step last 20 echo still here
        TOTAL_S=0 step late 20 true
    """
    process = start(tmp_path, steps, "ignore")
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 1, said
    assert table(tmp_path) == {
        "good": "green",
        "red": "red: see the report and the log",
        "broken": "broke: exit 127",
        "endless": "stopped at its limit of 10 s; what it had is kept",
        "left": "skipped by name: no card",
        "last": "green",
        "late": "not run: no time was left",
    }
    log = (tmp_path / "out" / "log.txt").read_text()
    assert "fine" in log
    assert "put away" in log, "interrupted, and not killed"
    assert "still here" in said


@needs_bash
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_was_done_and_names_what_was_not(tmp_path: Path, number: signal.Signals) -> None:
    write = """bash -c 'echo "<testsuite tests=\\"2\\"/>" >"$0/first.junit.xml"' "$work" """
    asleep = """python3 -c 'import time; print("waiting", flush=True); time.sleep(60); print("slept")'"""
    process = start(tmp_path, f"step first 20 {write}\nstep second 50 {asleep}\nstep third 20 true")
    assert process.stdout is not None
    assert any(line == "waiting\n" for line in process.stdout)
    assert "first" in (tmp_path / "out" / "junit.xml").read_text(), "kept before the end"
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "\nslept" not in (tmp_path / "out" / "log.txt").read_text()
    assert table(tmp_path) == {
        "first": "green",
        "second": "interrupted; what it had is kept",
        "third": "not run: interrupted",
    }


@needs_bash
def test_what_has_to_fail_is_green_only_where_it_fails_in_those_words(tmp_path: Path) -> None:
    ends = """bash -c 'echo "<testsuite>$1</testsuite>" >"$0/$2.junit.xml"; exit "$3"' "$work" """
    steps = f"""
        must_say='does not fit'
        step right 20 {ends} 'it does not fit' right 1
        step other 20 {ends} 'it fell over' other 1
        step passed 20 {ends} 'it does not fit' passed 0
    """
    process = start(tmp_path, steps)
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert table(tmp_path) == {
        "right": 'green: it failed, as it must, with "does not fit"',
        "other": "red: see the report and the log",
        "passed": "red: it should have failed",
    }


@pytest.mark.parametrize("plan", PLANS)
def test_the_limits_fit_into_the_whole(plan: str) -> None:
    text = (CI / plan).read_text(encoding="utf-8")
    (total,) = re.findall(r"^TOTAL_S=(\d+)$", text, re.MULTILINE)
    limits = {name: int(limit) for name, limit in re.findall(r"^ *(?:step|measure) (\S+) (\d+) ", text, re.MULTILINE)}
    rest = limits.pop("7-encoder-compiled", 0)
    assert len(limits) >= 4
    assert sum(limits.values()) <= int(total) - 15, "and the setup"
    assert rest == 0 or plan == "card"


@pytest.mark.parametrize("step", ["1-facts", "2-card-tests", "3a-encoder-fp32", "5b-must-not-fit", "6-pipeline"])
def test_the_guide_names_the_steps(step: str) -> None:
    assert f"`{step}`" in (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8")
    assert step in (CI / "card").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no execute bit")
@pytest.mark.parametrize("script", [*PLANS, "card-wheels"])
def test_the_scripts_can_be_called(script: str) -> None:
    assert os.access(CI / script, os.X_OK)


def asked_wheels() -> set[str]:
    """The names of what .ci/card-wheels collects without --more."""
    text = (CI / "card-wheels").read_text(encoding="utf-8").replace("\\\n", " ")
    (names,) = re.findall(r'^"\$\{download\[@\]\}" "\$\{pure\[@\]\}" (.+)$', text, re.MULTILINE)
    return {canonicalize_name(name) for name in names.split()}


def test_the_wheels_are_those_of_the_pins() -> None:
    pins = {canonicalize_name(line.partition("==")[0]) for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert "-c constraints.txt" in (CI / "card-wheels").read_text(encoding="utf-8")
    assert asked_wheels() - pins == set()


def test_what_the_package_needs_is_carried_or_comes_with_torch_and_science() -> None:
    """What is not carried is compiled, and every machine with torch for a card has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    assert needed - asked_wheels() == {"jinja2", "numpy", "psutil", "scipy", "torch"}
