"""Hostile names, exceptions and output in a run under a CI: nothing of them reaches its log raw."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.surroundings import inherited

ROOT = Path(__file__).parents[2]
RAW = "\n::error::from {0}\r::add-mask::{0}\x1b[2J\x1b]0;{0}\x07\x9b31m\u202e##[error]{0}\u2028::warning::{0}\n"

FACTORIES = f"""
import os
import signal
import sys

import jitgate
import torch

RAW = {RAW!r}


def encoder():
    module = torch.nn.Sequential(torch.nn.Linear(8, 8))
    return jitgate.Workload(module=module, scenarios={{"short": (torch.randn(2, 8),)}}, threads=1)


def raises(module, example):
    raise RuntimeError(RAW.format("exception"))


def unavailable(module, example):
    raise jitgate.Unavailable(RAW.format("reason"))


def dies(module, example):
    print(RAW.format("output"), flush=True)
    print(RAW.format("errors"), file=sys.stderr, flush=True)
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def wrong(module, example):
    return lambda x: {{RAW.format("key"): module(x)}}
"""

GATES = """
[tool.jitgate]
alpha = 0.01

[tool.jitgate.workloads."workload"]
factory = "factories:encoder"
variants = ["eager", "raises", "unavailable", "dies", "wrong"]
{variants}
[[tool.jitgate.gates]]
variant = "*"
min_speedup = 1.0
reason = "::error::reason\\u202e##[error]\\u001b[31m"
"""


def is_raw(line: str) -> bool:
    """Whether a line of a log is a command to a CI or to a terminal, or is not read as it is written."""
    odd = {sign for sign in line if sign != "\t" and unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"}}
    return bool(odd) or line.lstrip().startswith("::") or "##[" in line


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    path = os.pathsep.join([str(folder), str(ROOT / "perf")])
    own = {"GITHUB_ACTIONS": "true", "CI": "true", "JITGATE_LOCKS": str(folder / ".locks"), "PYTHONPATH": path}
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:jitgate_cosyvoice", *arguments]
    return subprocess.run(command, cwd=folder, env={**inherited(), **own}, capture_output=True, timeout=300)


def lines_of(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return (done.stdout + b"\n" + done.stderr).decode("utf-8", errors="surrogateescape").split("\n")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    (tmp_path / "factories.py").write_text(FACTORIES, encoding="utf-8")
    names = ("raises", "unavailable", "dies", "wrong")
    variants = "".join(f'[tool.jitgate.variants.{name}]\nfactory = "factories:{name}"\n' for name in names)
    (tmp_path / "pyproject.toml").write_text(GATES.format(variants=variants), encoding="utf-8")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("verbosity", [(), ("-vv", "-rA", "--tb=long")])
def test_nothing_hostile_reaches_the_log_of_a_run_raw(hostile: Path, verbosity: tuple[str, ...]) -> None:
    chosen = ("--jitgate-device", "cpu", "--jitgate-extras", "skip", "--jitgate-budget", "5")
    done = run(hostile, "--pyargs", "jitgate.benchmarks", *chosen, *verbosity)
    lines = lines_of(done)
    assert done.returncode == 1, lines
    for source in ("exception", "reason", "output", "errors"):
        assert any(f"from {source}" in line for line in lines), source
    assert [line for line in lines if is_raw(line)] == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("pyproject.toml", '"factories:encoder"', '"factories:\\n::error::x"'),
        ("pyproject.toml", '"factories:encoder"', '"::error::x\\u202e"'),
        ("pyproject.toml", 'workloads."workload"', 'workloads."\\n::error::w\\u202eorkload ##[error]"'),
        ("pyproject.toml", "min_speedup = 1.0", '"\\n::error::\\u202e\\u001b[31m" = 1.0'),
        ("pyproject.toml", "alpha = 0.01", 'alpha = "\\r\\n::error::x##[error]"'),
        ("pyproject.toml", "alpha = 0.01", '"\\n::error::x" = "\\u001b[31m"'),
        ("pyproject.toml", "alpha = 0.01", 'plugins = ["\\n::error::x\\u202e"]'),
        ("pyproject.toml", "alpha = 0.01", "alpha = \n::error::x"),
        ("factories.py", '"short"', '"\\n::error::short\\u202e\\x1b[31m##[x]"'),
        ("factories.py", "    module =", "    raise ValueError(RAW)\n    module ="),
        ("factories.py", "import jitgate", "import jitgate\nraise ImportError('\\n::error::x\\u202e##[y]')"),
    ],
)
def test_nothing_hostile_in_bad_input_reaches_the_log_raw(hostile: Path, file: str, old: str, new: str) -> None:
    path = hostile / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    done = run(hostile, "--pyargs", "jitgate.benchmarks", "--collect-only", "--jitgate-device", "cpu")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, lines_of(done)
    assert b"Traceback" not in done.stdout + done.stderr
    assert [line for line in lines_of(done) if is_raw(line)] == []


@pytest.mark.parametrize("option", ["--jitgate-select", "--jitgate-variants", "--jitgate-report", "--jitgate-config"])
def test_nothing_hostile_on_the_command_line_reaches_the_log_raw(hostile: Path, option: str) -> None:
    done = run(
        hostile, "--pyargs", "jitgate.benchmarks", "--jitgate-device", "cpu", f"{option}=x\n::error::x\u202e##[y]"
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, lines_of(done)
    assert [line for line in lines_of(done) if is_raw(line)] == []
