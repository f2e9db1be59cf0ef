"""The command line: everything of ours begins with --jitgate-.

This file is read in every pytest run of the environment, also where nothing else of jitgate is: it imports nothing of
the package.
"""

from __future__ import annotations

import argparse
import math
from functools import partial

import pytest

AUTO = "auto"
"""Of --jitgate-processes."""


def add_options(parser: pytest.Parser) -> None:
    """Add the group `jitgate`; wrong values are pytest usage errors."""
    group = parser.getgroup("jitgate", "performance gates (jitgate)")
    group.addoption(
        "--jitgate-config",
        metavar="FILE",
        help="TOML file whose [tool.jitgate] holds the gates; default: the pyproject.toml nearest to the current "
        "directory, up to pytest's root",
    )
    group.addoption(
        "--jitgate-model",
        metavar="WHAT",
        help="measure this model, without any configuration: package:factory or file.py:factory (a torch.nn.Module or "
        "a jitgate.Workload), a directory with a config.json, or a name that the installed transformers, timm or "
        "torchvision knows (random weights); as in pytest --pyargs jitgate.benchmarks --jitgate-model bert",
    )
    group.addoption(
        "--jitgate-input",
        metavar="NAME=SIZES:DTYPE",
        action="append",
        default=[],
        help="an input of --jitgate-model in place of the one that is made, as in input_ids=1x128:int64 or "
        "input_ids=1x128:int64:0..999; NAME=8:int and NAME=true are plain values, NAME=none leaves it out; may be "
        "given several times",
    )
    group.addoption(
        "--jitgate-shrink",
        action="store_true",
        help="narrow the configuration of --jitgate-model until a call takes milliseconds: same parts, random weights",
    )
    group.addoption(
        "--jitgate-select",
        metavar="WORKLOAD/SCENARIO/VARIANT",
        action="append",
        default=[],
        help="run only the tests of these, as in 'my.encoder/5s/*'; each field is a glob, fields left out at the end "
        "match everything; may be given several times",
    )
    group.addoption(
        "--jitgate-base",
        metavar="COMMIT",
        help="measure the same variants from this commit, branch, tag or directory too, turn by turn with the head, "
        "and judge max_slowdown; as in --jitgate-base origin/main",
    )
    group.addoption(
        "--jitgate-bisect",
        nargs=2,
        metavar=("GOOD", "BAD"),
        help="find the commit after GOOD, up to BAD, that made the variant of --jitgate-select slower; runs no test",
    )
    group.addoption(
        "--jitgate-base-python",
        metavar="PYTHON",
        help="the interpreter of the base's workers, whose environment has another torch, Python or wheel",
    )
    group.addoption(
        "--jitgate-base-install",
        metavar="REQUIREMENT",
        action="append",
        default=[],
        help='make that environment with pip, on top of this one, and keep it, as in "torch==2.12.1"; may be given '
        "several times",
    )
    group.addoption(
        "--jitgate-aa",
        action="store_true",
        help="let base and head be the same commit in the same environment, to see what that alone differs by",
    )
    group.addoption(
        "--jitgate-allow-dirty",
        action="store_true",
        help="compare the working tree as it is with --jitgate-base, although it has changes that are not committed",
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
        help="measure these variants instead of those that the workloads list: names separated by commas, as in "
        "eager,inductor+bf16, or all (that can run here); the baseline is always among them",
    )
    group.addoption(
        "--jitgate-budget",
        metavar="SECONDS",
        type=_seconds,
        help="longest time for the rounds of one workload and scenario; a gate that needs more is INCONCLUSIVE; "
        "default: 300, unless the workload sets its own; in proportion more for more than ten variants",
    )
    group.addoption(
        "--jitgate-memory-limit",
        metavar="SIZE",
        help="memory that must be enough for each variant, as in 4GiB; overrides memory_limit of [tool.jitgate]; "
        "max_memory of a gate comes first",
    )
    group.addoption(
        "--jitgate-memory-cap",
        action="store_true",
        help="enforce the memory limit: a worker that does not fit runs out of memory, and its test says how much was "
        "missing (holds private memory, of each process by itself; mapped files and shared memory are not held)",
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
        help="secondary figures, measured after the rounds in some seconds a scenario: calls with unseen shapes, FLOPs "
        "of a call, peak rates of the device; default: measure",
    )
    group.addoption(
        "--jitgate-noisy-rounds",
        choices=("exclude", "include"),
        default="exclude",
        help="rounds during which other processes used the processor: exclude them (more than a fifth of them is "
        "INVALID), or include them on a machine that is never quiet; default: exclude",
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
        type=_processes,
        default=AUTO,
        help="auto starts workers again where a speed-up is too near its limit for one set of processes to decide, and "
        "intervals cover what a start changes; a number starts all workers so often and divides the budget among the "
        "starts (1: the verdict is about these processes only); default: auto",
    )
    group.addoption(
        "--jitgate-residency",
        choices=("auto", "concurrent", "exclusive"),
        default="auto",
        help="which workers of a workload are alive at once: as many as memory is predicted to hold (auto; on a CPU in "
        "batches that fit), all (concurrent), or one (exclusive: variants are measured in blocks, each in a process of "
        "its own); default: auto",
    )
    group.addoption(
        "--jitgate-seed",
        metavar="N",
        type=partial(_whole, least=0),
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
        metavar="FILE.html",
        help="write the run as a page to look at (.html), as Markdown (.md) or as JSON (.json)",
    )
    group.addoption(
        "--jitgate-verbose", action="store_true", help="show every figure of a run: cold start, unseen shapes, memory"
    )
    group.addoption(
        "--jitgate-pull-request",
        metavar="FILE.json",
        help="write what `jitgate report --pr FILE.json` makes a comment, a step summary and annotations of",
    )
    group.addoption(
        "--jitgate-history",
        metavar="URL",
        help="where runs are stored and compared with: a path of an SQLite file, postgresql://HOST/DATABASE, or off; "
        "default: .jitgate/history.db in the root directory",
    )
    group.addoption(
        "--jitgate-history-read-only",
        action="store_true",
        help="compare with earlier runs and store nothing, as for a pull request",
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


def _wait(text: str) -> float:
    return 0.0 if text.strip() == "0" else _seconds(text)


def _processes(text: str) -> int | str:
    if text == AUTO:
        return AUTO
    try:
        return _whole(text, least=1)
    except argparse.ArgumentTypeError as problem:
        raise argparse.ArgumentTypeError(f"{problem}, nor auto") from None


def _whole(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least}")
    return number
