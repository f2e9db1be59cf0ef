"""`jitgate variants`: every variant on every small workload, run once: does it go, and is the output right?

Exit code 0: each runs with the right output, or is refused with a reason. 1: one does neither. 4: bad input. 130:
interrupted. What was found is kept in `.jitgate/variants.json`: the same command goes on where it was interrupted, and
tries only what is not known yet under these versions, on this device and of this source. `--to docs/variants.md` writes
it to `docs/variants.json` too, which can be committed: what stands there is known to a fresh clone, by the same rule.
"""

from __future__ import annotations

import contextlib
import sys
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from jitgate.config.policy import Policy
    from jitgate.device.device import Device
    from jitgate.workloads.spec import WorkloadSpec

    from studies.variant_matrix.results_store import Kept
    from studies.variant_matrix.table import Outcome
    from studies.variant_matrix.trial import Trial

ALL_WELL, NOT_WELL, BAD_INPUT, INTERRUPTED = 0, 1, 4, 130

KEPT = Path(".jitgate/variants.json")

PACKAGES = ("onnxruntime", "onnxscript", "torchao", "transformers", "tensorrt", "tensorrt-rtx")
"""What engines and models need beside torch; its version is part of what an outcome hangs on."""


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `variants` to the command line."""
    parser = subparsers.add_parser(
        "variants",
        help="try every variant on every small workload, and say which run, with what accuracy, or why not",
        description="Exports and runs each variant once, in processes of its own, and compares its output with eager "
        "float32's. Nothing is timed. What an earlier go found is not tried again. Exit code 0 all run right or are "
        "refused, 1 not all, 4 bad input, 130 interrupted (go on with the same command).",
    )
    parser.add_argument("--workload", metavar="GLOB", default="cosyvoice*-small.*", help="default: %(default)s")
    parser.add_argument(
        "--jitgate-variants", metavar="NAMES", help="names with commas between; default: all there are, on this device"
    )
    parser.add_argument(
        "--to",
        metavar="FILE",
        type=Path,
        help="write the table of all that is known, as Markdown, and the findings beside it, as .json; what an earlier "
        "go, or a commit, left there counts as known",
    )
    parser.add_argument("--again", action="store_true", help="try also what an earlier go has found")
    parser.add_argument("--at-once", metavar="N", type=int, default=4, help="variants beside each other; default: 4")
    parser.add_argument("--jitgate-device", metavar="DEVICE", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument(
        "--jitgate-cache", metavar="DIR", type=Path, default=Path(".jitgate/cache"), help=argparse_default()
    )
    parser.add_argument(
        "--jitgate-timeout",
        metavar="SECONDS",
        type=float,
        default=1200.0,
        help="what a variant may take for its export, its loading, its first call, each; default: %(default)s",
    )
    parser.set_defaults(run=run)


def argparse_default() -> str:
    """Help of an option that pytest has too."""
    return "as pytest takes it; default: %(default)s"


def run(arguments: argparse.Namespace) -> int:
    """Try, print, keep; returns the exit code."""
    try:
        trial, kept, known = prepared(arguments)
    except UsageError as problem:
        sys.stderr.write(f"jitgate variants: {problem}\n")
        return BAD_INPUT
    found = list(known)
    if known:
        _print(f"{len(known)} known from an earlier go, {trial.count} to try (--again tries all)")
    interrupted = False
    try:
        with contextlib.closing(trial.outcomes()) as outcomes:
            _follow(outcomes, found, trial.count, kept)
    except KeyboardInterrupt:
        interrupted = True
        sys.stderr.write(f"\ninterrupted; what was found is in {kept.path}, and the same command goes on from there\n")
    return _concluded(arguments, found, kept, interrupted=interrupted)


def _follow(outcomes: Iterator[Outcome], found: list[Outcome], count: int, kept: Kept) -> None:
    from studies.variant_matrix.table import one_line

    for number, outcome in enumerate(outcomes, 1):
        kept.keep(outcome)
        found.append(outcome)
        _print(f"[{number}/{count}] {one_line(outcome)}")


def _concluded(arguments: argparse.Namespace, found: list[Outcome], kept: Kept, *, interrupted: bool) -> int:
    from studies.variant_matrix.table import Fate, summary_line

    _print(summary_line(found))
    if arguments.to is not None:
        _write(arguments.to, kept, arguments.jitgate_device)
    if interrupted:
        return INTERRUPTED
    return ALL_WELL if all(outcome.fate in (Fate.RIGHT, Fate.REFUSED) for outcome in found) else NOT_WELL


def prepared(arguments: argparse.Namespace) -> tuple[Trial, Kept, list[Outcome]]:
    """What is to be tried, where it is kept, and what of it is known already. Raises UsageError."""
    from jitgate.cache.store import ArtefactCache
    from jitgate.config.table import parse_policy
    from jitgate.device.device import choose_device
    from jitgate_cosyvoice.registry import offered

    from studies.variant_matrix.trial import Task, Trial

    if arguments.at_once < 1:
        raise UsageError(f"--at-once {arguments.at_once} is not a whole number from 1")
    published = _published(arguments.to)
    device = choose_device(arguments.jitgate_device)
    policy = parse_policy({}, "the defaults", offered())
    workloads = [spec for name, spec in policy.workloads.items() if fnmatchcase(name, arguments.workload)]
    if not workloads:
        there = ", ".join(policy.workloads)
        raise UsageError(f"--workload {arguments.workload} matches nothing (there are: {there})")
    wanted = _wanted(arguments.jitgate_variants, policy, device.kind)
    cells = {spec.name: [name for name in _of(spec, policy) if wanted is None or name in wanted] for spec in workloads}
    kept = _kept(policy, device, published)
    known = {} if arguments.again else kept.final()
    tasks = [
        Task(spec, tuple(policy.variants[name] for name in cells[spec.name] if (spec.name, name) not in known))
        for spec in workloads
    ]
    trial = Trial(
        [task for task in tasks if task.variants],
        device.name,
        ArtefactCache(arguments.jitgate_cache),
        arguments.jitgate_timeout,
        arguments.at_once,
        _print,
    )
    return trial, kept, [known[name, each] for name, of in cells.items() for each in of if (name, each) in known]


def _wanted(names: str | None, policy: Policy, device: str) -> frozenset[str] | None:
    """What `--jitgate-variants` asks for; None for everything."""
    from jitgate.config.selection import chosen

    return None if names is None else chosen(names, policy, device)


def _of(spec: WorkloadSpec, policy: Policy) -> list[str]:
    """The variants of a workload here: every engine, and what it lists; of a pipeline only that, see `with_chosen`."""
    from jitgate.engines.staged import is_staged

    engines = [] if any(map(is_staged, spec.variants)) else _engines(policy)
    return list(dict.fromkeys([*engines, *spec.variants]))


def _engines(policy: Policy) -> list[str]:
    """The variants that run a module as it is; `batched` asks it for something else."""
    return [name for name, spec in policy.variants.items() if spec.engine]


def _published(table: Path | None) -> tuple[Outcome, ...]:
    """What stands beside the table; raises UsageError, also where nothing could be written there."""
    from studies.variant_matrix.results_store import published

    if table is None:
        return ()
    if table.is_dir():
        raise UsageError(f"--to {table} is a folder: name a file in it, such as {table / 'variants.md'}")
    if table.suffix.lower() == ".json":
        raise UsageError(f"--to {table} is the place of the findings: name the table, {table.with_suffix('.md')}")
    if _beside(table).resolve() == KEPT.resolve():
        raise UsageError(f"--to {table} would put the findings in the place of {KEPT}: choose another folder or name")
    return published(_beside(table))


def _beside(table: Path) -> Path:
    return table.with_suffix(".json")


def _kept(policy: Policy, device: Device, published: tuple[Outcome, ...]) -> Kept:
    from studies.variant_matrix.results_store import Kept

    return Kept(KEPT, partial(_key, policy, _made_on(device)), published)


def _key(policy: Policy, made_on: dict[str, object], workload: str, variant: str) -> str | None:
    from studies.variant_matrix.cache_key import lineage

    if workload not in policy.workloads or variant not in policy.variants:
        return None
    return lineage(policy.workloads[workload], policy.variants[variant], made_on)


def _write(path: Path, kept: Kept, device: str) -> None:
    """The table, and the findings beside it."""
    from jitgate.config.table import parse_policy
    from jitgate.device.device import choose_device
    from jitgate.engines.staged import is_staged
    from jitgate_cosyvoice.registry import offered

    from studies.variant_matrix.table import as_markdown

    policy = parse_policy({}, "the defaults", offered())
    order = {name: place for place, name in enumerate(policy.workloads)}
    outcomes = sorted(kept.outcomes().values(), key=lambda outcome: order.get(outcome.workload, len(order)))
    pipelines = {name for name, spec in policy.workloads.items() if any(map(is_staged, spec.variants))}
    has = {name: _of(spec, policy) for name, spec in policy.workloads.items()}
    lines = as_markdown(outcomes, _made_on(choose_device(device)), list(policy.variants), pipelines, has)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    kept.publish(_beside(path))


def _made_on(device: Device) -> dict[str, object]:
    """The device, and the versions of what runs on it."""
    from jitgate.device.fingerprint import fingerprint

    facts = fingerprint(device).facts()
    return {name: facts[name] for name in ("device", "system", "python", "torch", "cuda") if facts.get(name)} | {
        package: _version(package) for package in PACKAGES
    }


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201
