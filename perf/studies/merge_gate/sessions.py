"""One session of a commit against itself, in a repository made for it; its rounds are kept."""

from __future__ import annotations

import csv
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from studies.merge_gate.regimes import regime

MODEL = """
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        layers = [torch.nn.Sequential(torch.nn.Linear(384, 384), torch.nn.SiLU()) for _ in range(WORK)]
        self.layers = torch.nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)
"""

FACTORY = """
import jitgate
import torch

from toy.model import Net


def net():
    return jitgate.Workload(module=Net(), scenarios={"one": (torch.randn(64, 384),)}, threads=1)
"""

TABLE = """
[tool.jitgate.workloads."net"]
factory = "bench:net"
scenarios = ["one"]
variants = {variants}

[[tool.jitgate.gates]]
workload = "net"
max_slowdown = "{limit}"
"""

VERDICT = re.compile(r"^(FAIL|INCONCLUSIVE|INVALID) net/one/\S+ .*max_slowdown\S*: (.*)", re.MULTILINE)
MEASURED = re.compile(r"^net one on cpu: \d+ rounds in (\d+) s", re.MULTILINE)


@dataclass(frozen=True)
class Session:
    """slower: share of more work that was planted in the head; 0 for the same commit in both arms. limit, verdict: of
    `max_slowdown`; reason: what it says of it, where that is not PASS. load: of the machine in the minute before,
    runnable processes. took_s: the whole session. rounds_s: its rounds alone, whole seconds. rounds: (base, head,
    control) seconds, as they were judged."""

    regime: str
    number: int
    variant: str
    slower: float
    limit: float
    verdict: str
    reason: str
    load: float
    took_s: float
    rounds_s: float
    rounds: tuple[tuple[float, float, float], ...]

    def as_json(self) -> dict[str, object]:
        rounds = [[round(figure * 1e6, 1) for figure in each] for each in self.rounds]
        return {
            "regime": self.regime,
            "number": self.number,
            "variant": self.variant,
            "slower": self.slower,
            "limit": self.limit,
            "verdict": self.verdict,
            "reason": self.reason,
            "load": round(self.load, 2),
            "took_s": round(self.took_s, 1),
            "rounds_s": self.rounds_s,
            "rounds_us": rounds,
        }


def session(name: str, number: int, *, variant: str, limit: float, budget_s: float, slower: float = 0.0) -> Session:
    """Run it. slower: share of more work in the head; 0 for the same commit in both arms.

    The repository lies in a folder whose name has another length in every session: a longer path moves what a process
    holds in memory.
    """
    draw = random.Random(f"{name} {number}")  # noqa: S311 - a length that can be repeated
    with tempfile.TemporaryDirectory(prefix="s" * draw.randrange(1, 90)) as made:
        folder = Path(made)
        _repository(folder, variant, f"{limit:.2%}", slower)
        (load, *_), begun = psutil.getloadavg(), time.monotonic()
        with regime(name):
            said = _pytest(folder, number, variant, budget_s, same=not slower)
        took_s = time.monotonic() - begun
        found, measured = VERDICT.search(said), MEASURED.search(said)
        verdict = found[1] if found is not None else ("PASS" if " passed" in said else "BROKEN")
        reason = "" if found is None else found[2]
        rounds_s = float(measured[1]) if measured is not None else 0.0
        return Session(
            name, number, variant, slower, limit, verdict, reason, load, took_s, rounds_s, _rounds(folder, variant)
        )


def _repository(folder: Path, variant: str, limit: str, slower: float) -> None:
    files = {
        ".gitignore": ".jitgate/\n__pycache__/\n.benchmarks/\n.locks/\n.pytest_cache/\n",
        "src/toy/__init__.py": "",
        "src/toy/model.py": f"WORK = 20\n{MODEL}",
        "bench.py": FACTORY,
        "pyproject.toml": TABLE.format(variants=[variant], limit=limit),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    _git(folder, "init", "-q")
    _commit(folder)
    if slower:
        path = folder / "src/toy/model.py"
        again = f"        for _ in range({round(20 * slower)}):\n            self.layers[0](x)\n"
        once = "        return self.layers(x)"
        path.write_text(files["src/toy/model.py"].replace(once, again + once), encoding="utf-8")
        _commit(folder)


def _commit(folder: Path) -> None:
    _git(folder, "add", "-A")
    _git(folder, "-c", "user.name=study", "-c", "user.email=study@example.org", "commit", "-q", "-m", "a commit")


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


def _pytest(folder: Path, number: int, variant: str, budget_s: float, *, same: bool) -> str:
    base = ["--jitgate-base", "HEAD", "--jitgate-aa"] if same else ["--jitgate-base", "HEAD~1"]
    options = ["--jitgate-device", "cpu", "--jitgate-extras", "skip", "--jitgate-noisy-rounds", "include"]
    options += ["--jitgate-budget", str(budget_s), "--jitgate-seed", str(number), "--jitgate-history", "off"]
    options += ["--jitgate-select", f"net/one/{variant}", "-k", "calls_are_not_slower", "-p", "no:randomly"]
    path = os.pathsep.join(entry for entry in sys.path if entry)
    own = {"PYTHONPATH": path, "JITGATE_LOCKS": str(folder / ".locks"), "COLUMNS": "200"}
    command = [sys.executable, "-m", "pytest", "--pyargs", "jitgate.benchmarks", *options, *base]
    done = subprocess.run(  # noqa: S603 - arguments of our own
        command, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def _rounds(folder: Path, variant: str) -> tuple[tuple[float, float, float], ...]:
    found = next((folder / ".jitgate" / "rounds").rglob(f"{variant}%23base.csv"), None)
    if found is None:
        return ()
    with found.open(newline="", encoding="utf-8") as file:
        _, *rows = csv.reader(file)
    return tuple((float(row[0]), float(row[1]), float(row[2])) for row in rows)
