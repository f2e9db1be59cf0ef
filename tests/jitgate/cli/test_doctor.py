"""`jitgate doctor`: facts, warnings, exit codes, and one sentence for bad input."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jitgate
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
        ({}, 0, "Ready to measure."),
        ({"busy_percent": 20.0}, 0, "Ready to measure, with 1 warning."),
        ({"busy_percent": 90.0}, 1, "Not ready to measure: fix the 1 blocking warning above."),
    ],
)
def test_the_exit_code_says_whether_the_machine_is_ready(
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
        (["--device", "tpu"], "--jitgate-device 'tpu' is not a device"),
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


def test_a_terminal_gets_colour_and_lines_that_fit(
    here: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here(quiet(load={"busy_percent": 90.0}))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "\x1b[31m" in out
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in out.splitlines()) <= 60


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"jitgate {version('jitgate')}\n"
    assert jitgate.__version__ == version("jitgate")
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        getattr(jitgate, "nonsense")  # noqa: B009 - a type checker knows that it is not there


def test_python_dash_m_is_the_same(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "jitgate",
            "judge",
            "none.csv",
            "--baseline",
            "a",
            "--candidate",
            "b",
            "--threshold",
            "1",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 4
    assert done.stderr.startswith("jitgate judge: none.csv can't be read: ")
