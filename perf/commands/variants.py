"""`python -m perf variants`: every variant on every small workload, run once: does it go, and is the output right?

Exit code 0: each runs with the right output, or is refused with a reason. 1: one is wrong or failed. 4: bad input.
What was found is kept in `.perf/variants.json`, so that a table can be made in several goes; a later try of the same
variant takes the place of the earlier one.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perf.errors import UsageProblem

if TYPE_CHECKING:
    import argparse

    from perf.commands.trial import Trial
    from perf.gates.policy import Policy
    from perf.report.matrix import Outcome

ALL_WELL, NOT_WELL, BAD_INPUT = 0, 1, 4


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `variants` to the command line."""
    parser = subparsers.add_parser(
        "variants",
        help="try every variant on every small workload, and say which run, with what parity, or why not",
        description="Exports and runs each variant once, in processes of its own, and compares its output with eager "
        "float32's. Nothing is timed. Exit code 0 all run right or are refused, 1 not all, 4 bad input.",
    )
    parser.add_argument("--workload", metavar="GLOB", default="cosyvoice*-small.*", help="default: %(default)s")
    parser.add_argument(
        "--perf-variants", metavar="NAMES", help="names with commas between; default: all there are, on this device"
    )
    parser.add_argument("--to", metavar="FILE", type=Path, help="write the table of all that was tried, as Markdown")
    parser.add_argument("--at-once", metavar="N", type=int, default=4, help="variants beside each other; default: 4")
    parser.add_argument("--perf-device", metavar="DEVICE", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--perf-cache", metavar="DIR", type=Path, default=Path(".perf/cache"), help=argparse_default())
    parser.add_argument("--perf-timeout", metavar="SECONDS", type=float, default=1200.0, help=argparse_default())
    parser.set_defaults(run=run)


def argparse_default() -> str:
    """Help of an option that pytest has too."""
    return "as pytest takes it; default: %(default)s"


def run(arguments: argparse.Namespace) -> int:
    """Try, print, keep; returns the exit code."""
    from perf.report.matrix import Fate, one_line, summary_line

    try:
        tried = _tried(arguments)
    except UsageProblem as problem:
        sys.stderr.write(f"python -m perf variants: {problem}\n")
        return BAD_INPUT
    found = []
    for outcome in tried.outcomes():
        found.append(outcome)
        _print(one_line(outcome))
        _keep(outcome)
    _print(summary_line(found))
    if arguments.to is not None:
        _write(arguments.to, tried.device_name)
    return ALL_WELL if all(outcome.fate in (Fate.RIGHT, Fate.REFUSED) for outcome in found) else NOT_WELL


def _tried(arguments: argparse.Namespace) -> Trial:
    from perf.commands.trial import Trial
    from perf.gates.choice import chosen
    from perf.gates.policy import Policy
    from perf.probes.device import choose_device
    from perf.workers.cache import ArtefactCache

    if arguments.at_once < 1:
        raise UsageProblem(f"--at-once {arguments.at_once} is not a whole number from 1")
    device = choose_device(arguments.perf_device)
    policy = Policy()
    names = _engines(policy)
    if arguments.perf_variants is not None:
        wanted = chosen(arguments.perf_variants, policy, device.kind)
        names = [name for name in names if name in wanted]
    workloads = [spec for name, spec in policy.workloads.items() if fnmatchcase(name, arguments.workload)]
    if not workloads:
        there = ", ".join(policy.workloads)
        raise UsageProblem(f"--workload {arguments.workload} matches nothing (there are: {there})")
    return Trial(
        workloads,
        [policy.variants[name] for name in names],
        device.name,
        ArtefactCache(arguments.perf_cache),
        arguments.perf_timeout,
        arguments.at_once,
        _print,
    )


def _engines(policy: Policy) -> list[str]:
    """The variants that run a module as it is; `batched` asks it for something else."""
    return [name for name, spec in policy.variants.items() if spec.engine]


KEPT = Path(".perf/variants.json")


def _kept() -> dict[tuple[str, str], Outcome]:
    from perf.report.matrix import Fate, Outcome

    if not KEPT.exists():
        return {}
    lines = [json.loads(line) for line in KEPT.read_text(encoding="utf-8").splitlines()]
    every = [Outcome(**{**line, "fate": Fate(line["fate"])}) for line in lines]
    return {outcome.cell: outcome for outcome in every}


def _keep(outcome: Outcome) -> None:
    """Append: a run that is interrupted has kept what it found."""
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    with KEPT.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(outcome)) + "\n")


def _write(path: Path, device: str) -> None:
    from perf.gates.policy import Policy
    from perf.probes.device import choose_device
    from perf.probes.fingerprint import fingerprint
    from perf.report.matrix import as_markdown

    facts = fingerprint(choose_device(device)).facts()
    policy = Policy()
    made_on = {name: facts[name] for name in ("device", "system", "torch", "cuda") if facts.get(name)} | _installed()
    order = {name: place for place, name in enumerate(policy.workloads)}
    outcomes = sorted(_kept().values(), key=lambda outcome: order.get(outcome.workload, len(order)))
    path.write_text("\n".join(as_markdown(outcomes, made_on, _engines(policy))) + "\n", encoding="utf-8")


def _installed() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("onnxruntime", "onnxscript", "torchao", "transformers", "tensorrt", "tensorrt-rtx"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201
