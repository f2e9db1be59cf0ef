"""Do real runs find planted slowdowns? The suite measures a model with known slowdowns, again and again.

`python -m studies.planted [--runs 10]` makes a small project in a temporary folder. Its variants are eager plus a
busy-wait of 12 % (gate: at least 1.0), plain eager (gate: at least 1.10) and half the work (gate: at least 1.10). It
runs pytest there and counts the verdicts. Exit code 0 if every run gave FAIL, FAIL and PASS; 1 otherwise. With `--busy`
other processes use the cores for a third of each run; see `studies.busy`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studies import busy

EXPECTED = {"busy": "FAIL", "plain": "FAIL", "half": "PASS"}

MODEL = '''
"""A stack of layers that runs twice, and variants that are slower, equally fast and faster by design."""

import statistics
import time

import torch

import jitgate


class Twice(torch.nn.Module):
    """Does its work twice and returns the second result: half the work gives the same answer."""

    def __init__(self):
        super().__init__()
        layers = [torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.SiLU()) for _ in range(12)]
        self.layers = torch.nn.Sequential(*layers)

    def forward(self, x):
        self.layers(x)
        return self.layers(x)


def model():
    return jitgate.Workload(module=Twice(), scenarios={"fixed": (torch.randn(64, 256),)}, threads=1)


class Again(torch.nn.Module):
    """The same work in another module: the workload's own module would count as a fall-back to eager."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x):
        self.layers(x)
        return self.layers(x)


def plain(module, example):
    return Again(module.layers)


def half(module, example):
    return module.layers


def busy(module, example):
    module = Again(module.layers)
    took = []
    with torch.inference_mode():
        for _ in range(60):
            start = time.perf_counter()
            module(*example)
            took.append(time.perf_counter() - start)
    wait_s = 0.12 * statistics.median(took[20:])

    def call(x):
        answer = module(x)
        end = time.perf_counter() + wait_s
        while time.perf_counter() < end:
            pass
        return answer

    return call
'''

CONFIGURATION = """
[tool.jitgate]

[tool.jitgate.workloads."planted.model"]
factory = "planted:model"
scenarios = ["fixed"]
variants = ["eager", "busy", "plain", "half"]

[tool.jitgate.variants."busy"]
factory = "planted:busy"

[tool.jitgate.variants."plain"]
factory = "planted:plain"

[tool.jitgate.variants."half"]
factory = "planted:half"

[[tool.jitgate.gates]]
variant = "busy"
min_speedup = 1.0

[[tool.jitgate.gates]]
variant = "plain"
min_speedup = 1.10

[[tool.jitgate.gates]]
variant = "half"
min_speedup = 1.10
"""


def evidence(folder: Path, run: int, *further: str) -> dict[str, dict[str, Any]]:
    """Run the suite once in `folder`, with `further` arguments. Returns variant -> its evidence."""
    report = folder / f"run-{run}.json"
    arguments = [
        "--pyargs",
        "jitgate.benchmarks",
        "-k",
        "test_jit",
        "-q",
        "--jitgate-device",
        "cpu",
        "--jitgate-seed",
        str(run),
        *further,
    ]
    done = subprocess.run(  # noqa: S603 - arguments of our own
        [sys.executable, "-m", "pytest", *arguments, "--jitgate-report", str(report)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        raise SystemExit(f"run {run} wrote no report:\n{done.stdout}{done.stderr}")
    cells = json.loads(report.read_text(encoding="utf-8"))["cells"]
    return {cell["variant"]: cell for cell in cells if cell["variant"] in EXPECTED}


def verdicts(folder: Path, run: int, *further: str) -> dict[str, tuple[str, str]]:
    """Run the suite once in `folder`. Returns variant -> (verdict, estimate with interval and pairs)."""
    found = {}
    for variant, said in evidence(folder, run, *further).items():
        found[variant] = (said["gates"][0]["verdict"], _text(said["speedup"]))
    return found


def _text(speedup: Mapping[str, Any] | None) -> str:
    if speedup is None:
        return "no pairs"
    high = "inf" if speedup["high"] is None else f"{speedup['high']:.3f}"
    return f"{speedup['estimate']:.3f} ({speedup['low']:.3f} to {high}), {speedup['pairs']} pairs"


def main() -> int:
    """Run, print each verdict, and count them."""
    parser = argparse.ArgumentParser(prog="python -m studies.planted", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=10, help="how often the suite runs; default: 10")
    parser.add_argument("--busy", action="store_true", help="keep the cores busy for a third of each run")
    parser.add_argument("--budget", type=float, metavar="SECONDS", help="longest time for the rounds of a run")
    chosen = parser.parse_args()
    runs = chosen.runs
    budget = () if chosen.budget is None else ("--jitgate-budget", str(chosen.budget))
    count: dict[str, Counter[str]] = {variant: Counter() for variant in EXPECTED}
    with tempfile.TemporaryDirectory(prefix="jitgate-planted-") as name:
        folder = Path(name)
        (folder / "planted.py").write_text(MODEL)
        (folder / "pyproject.toml").write_text(CONFIGURATION)
        if chosen.busy:
            return busy.study(evidence, folder, runs, EXPECTED, _say, budget_s=chosen.budget or busy.BUDGET_S)
        for run in range(runs):
            found = verdicts(folder, run, *budget)
            for variant in EXPECTED:
                verdict, text = found.get(variant, ("nothing", ""))
                count[variant][verdict] += 1
                _say(f"run {run + 1} of {runs}: {variant:5} {verdict:12} {text}")
    for variant, expected in EXPECTED.items():
        seen = ", ".join(f"{verdict} {number}" for verdict, number in count[variant].most_common())
        _say(f"{variant}: expected {expected} in {runs} of {runs} runs, seen {seen}")
    return int(any(count[variant][expected] != runs for variant, expected in EXPECTED.items()))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command


if __name__ == "__main__":
    sys.exit(main())
