"""The command line: everything of ours begins with --jitgate-."""

from __future__ import annotations

import argparse
import math

import pytest

from jitgate.model.errors import UsageError
from jitgate.model.size import parse_bytes


def add_options(parser: pytest.Parser) -> None:
    """Add the group `perf`; wrong values are pytest usage errors."""
    group = parser.getgroup("jitgate", "performance gates (jitgate)")
    group.addoption(
        "--jitgate-config",
        metavar="FILE",
        help="TOML file whose [tool.jitgate] holds the gates; default: pyproject.toml of the root directory",
    )
    group.addoption(
        "--jitgate-device",
        metavar="DEVICE",
        default="auto",
        help="auto, cpu, cuda or cuda:N (an index into CUDA_VISIBLE_DEVICES); default: auto",
    )
    group.addoption(
        "--jitgate-variants",
        metavar="NAMES",
        help="instead of the variants that workloads list: names with commas between, as in eager,inductor+bf16, or "
        "all (that can run here); the baseline is always among them",
    )
    group.addoption(
        "--jitgate-budget",
        metavar="SECONDS",
        type=_seconds,
        help="longest time for the rounds of one workload/scenario; who needs more is INCONCLUSIVE; default: 300, and "
        "1800 for a sentence of 1 s, which takes so many rounds to compare with its prediction; for more than ten "
        "variants longer in proportion",
    )
    group.addoption(
        "--jitgate-memory-limit",
        metavar="SIZE",
        type=_size,
        help="memory that has to be enough for each variant, as in 4GiB; overrides the ceiling of [tool.jitgate]",
    )
    group.addoption(
        "--jitgate-memory-cap",
        action="store_true",
        help="run each worker under a real cap of that size: what does not fit runs out of memory, and is told by how "
        "much it did not fit",
    )
    group.addoption(
        "--jitgate-smoke",
        action="store_true",
        help="load and call each variant once, and judge only accuracy and fall-backs; tests of everything that takes "
        "rounds are skipped",
    )
    group.addoption(
        "--jitgate-extras",
        choices=("measure", "skip"),
        default="measure",
        help="what is measured once the rounds are over, some seconds a scenario: calls at new lengths, the work of a "
        "call, what the device does at best; default: measure",
    )
    group.addoption(
        "--jitgate-noisy-rounds",
        choices=("exclude", "include"),
        default="exclude",
        help="rounds during which other processes used the processor: left out (over a fifth of them is INVALID), "
        "or kept, for a machine that is never quiet; default: exclude",
    )
    group.addoption(
        "--jitgate-timeout",
        metavar="SECONDS",
        type=_seconds,
        default=600.0,
        help="a worker that takes longer for one answer (a compilation, a turn) has hung; default: 600",
    )
    group.addoption(
        "--jitgate-lock-timeout",
        metavar="SECONDS",
        type=_wait,
        default=600.0,
        help="how long to wait for another run on the same device; 0 gives up at once; default: 600",
    )
    group.addoption(
        "--jitgate-processes",
        metavar="N",
        type=_count,
        default=1,
        help="start all workers N times and share the budget among them, because a process is a source of variance of "
        "its own; default: 1 (nightly runs: 5)",
    )
    group.addoption(
        "--jitgate-residency",
        choices=("auto", "concurrent", "exclusive"),
        default="auto",
        help="whether all workers of a workload live at once: as far as memory is predicted to hold them (on a CPU, in "
        "batches where it holds some), always, or never (then they take their turns in blocks, each in a process of "
        "its own); default: auto",
    )
    group.addoption(
        "--jitgate-seed",
        metavar="N",
        type=_seed,
        default=0,
        help="seed of the order of turns, recorded with the results; default: 0",
    )
    group.addoption(
        "--jitgate-checkpoint",
        metavar="DIR",
        help="measure with the weights of a model directory, and with its own TorchScript files where it has some; "
        "default: random weights",
    )
    group.addoption(
        "--jitgate-report",
        metavar="FILE.md",
        help="write the run as Markdown: claims, figures of every variant, recommendations, dated, with the device",
    )
    group.addoption(
        "--jitgate-cache",
        metavar="DIR",
        help="where exported artefacts are kept; default: .jitgate/cache in the root directory",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def _size(text: str) -> int:
    try:
        return parse_bytes(text, "size")
    except UsageError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _wait(text: str) -> float:
    return 0.0 if text.strip() == "0" else _seconds(text)


def _seed(text: str) -> int:
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if seed < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return seed


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return count
