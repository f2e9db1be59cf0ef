"""`jitgate doctor`: facts, warnings, exit codes, and one sentence for bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jitgate.cli.main import main
from jitgate.device import machine as machine_probe
from jitgate.device import nvml
from jitgate.device.device import Device
from jitgate.device.lock import RunLock
from jitgate.device.machine import Machine

from tests.jitgate.machines import quiet

ROOT = Path(__file__).parents[3]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Sets the machine that the doctor looks at."""

    monkeypatch.setenv("JITGATE_LOCKS", str(tmp_path))

    def put(machine: Machine) -> None:
        monkeypatch.setattr(machine_probe, "machine", lambda missing_compiler: machine)
        monkeypatch.setattr(nvml, "survey_cards", lambda: machine.survey)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    return put


def test_the_real_machine_is_examined_without_torch() -> None:
    script = (
        "import sys; from jitgate.cli.main import main; code = main(['doctor', '--json']); "
        "heavy = {'torch', 'transformers', 'pytest'} & set(sys.modules); assert not heavy, heavy; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in {0, 1}, done.stderr
    found = json.loads(done.stdout)
    assert found["ready"] is (done.returncode == 0)
    assert found["processor"]["usable"] >= 1
    assert found["host"]["memory_total_bytes"] > 0
    assert found["runtime"]["torch"]
    assert found["fingerprint"]["slug"]
    assert {"name", "what", "remedy", "blocking"} >= {key for warning in found["warnings"] for key in warning}


@pytest.mark.parametrize(
    ("load", "code", "last"),
    [
        ({}, 0, "results here are worth something"),
        ({"busy_percent": 20.0}, 0, "results here are worth something, with 1 warning"),
        ({"busy_percent": 90.0}, 1, "results here are worth nothing now: 1 of the warnings must be settled first"),
    ],
)
def test_the_exit_code_says_what_results_are_worth(
    here: Any, capsys: pytest.CaptureFixture[str], load: dict[str, Any], code: int, last: str
) -> None:
    here(quiet(load=load))
    assert main(["doctor"]) == code
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_a_device_that_another_run_measures_on_is_said(
    here: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    here(quiet())
    lock = RunLock(Device("cpu"), tmp_path)
    lock.acquire(0)
    try:
        assert main(["doctor", "--json"]) == 1
    finally:
        lock.release()
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert warning["name"] == "another_run"
    assert "cpu is in use by process" in warning["what"]

    assert main(["doctor"]) == 0, "the doctor itself holds nothing"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JITGATE_LOCKS", str(tmp_path / "file" / "locks"))
    assert main(["doctor"]) == 1
    assert "name another folder in JITGATE_LOCKS" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--jitgate-device", "tpu"], "--jitgate-device 'tpu' is not a device"),
    ],
)
def test_bad_input_gets_one_sentence(
    here: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    here(quiet())
    assert main(["doctor", *arguments]) == 4
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
