"""`jitgate judge FILE.csv ...`: a verdict on recorded rounds, with the statistics of the pytest suite."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.cli.output import write, write_data
from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from jitgate.statistics import Decision, Speedup

UNITS = ("s", "ms", "us", "ns")

EXIT_CODES = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 2, "INVALID": 3}


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser(
        "judge",
        help="judge recorded rounds",
        description="Is the candidate at least THRESHOLD times as fast as the baseline? "
        "Exit code 0 PASS, 1 FAIL, 2 INCONCLUSIVE, 3 INVALID, 4 bad input.",
    )
    parser.add_argument("file", metavar="FILE.csv", type=Path, help="one row per round, one column per arm")
    parser.add_argument("--baseline", required=True, metavar="COL")
    parser.add_argument("--candidate", required=True, metavar="COL")
    parser.add_argument("--threshold", required=True, type=float, metavar="R", help="1.10: at least 10 %% faster")
    parser.add_argument("--control", metavar="COL", help="a second copy of the baseline, which shows the noise floor")
    parser.add_argument("--alpha", type=float, default=0.01, metavar="A", help="error probability (default: 0.01)")
    parser.add_argument("--unit", choices=UNITS, help="of the figures (default: s, unless they can hardly be seconds)")
    parser.add_argument("--rate", action="store_true", help="figures are calls a UNIT, so that more is faster")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the verdict; returns the exit code."""
    from jitgate.cli import rounds_file, units
    from jitgate.statistics import DurationsError, first_decision, judge, speedup

    _check(arguments)
    columns = [arguments.baseline, arguments.candidate, *([arguments.control] if arguments.control else [])]
    read = rounds_file.read(arguments.file, columns)
    arms = units.in_seconds(read, arguments.unit or "s", rate=arguments.rate)
    baseline, candidate = arms[arguments.baseline], arms[arguments.candidate]
    control = arms[arguments.control] if arguments.control else None
    try:
        found = speedup(baseline, candidate, control, alpha=arguments.alpha)
    except DurationsError as problem:
        raise UsageError(f"{arguments.file}: {problem}") from None
    doubt = "" if arguments.unit or arguments.rate else units.doubt(read)
    if doubt:
        raise UsageError(f"{arguments.file}: {doubt}")
    decision = judge(found, arguments.threshold)
    stopped = None
    if decision.outcome != "INVALID":
        stopped = first_decision(baseline, candidate, arguments.threshold, control, alpha=arguments.alpha)
    if arguments.json:
        write_data(_as_json(found, decision, stopped, arguments.threshold))
    else:
        write(_as_text(found, decision, stopped))
    return EXIT_CODES[decision.outcome]


def _check(arguments: argparse.Namespace) -> None:
    if not (math.isfinite(arguments.threshold) and arguments.threshold > 0):
        raise UsageError(f"--threshold must be a positive number such as 1.10, not {arguments.threshold:g}")
    if not 0 < arguments.alpha < 1:
        raise UsageError(f"--alpha must lie between 0 and 1, such as 0.01, not {arguments.alpha:g}")
    if arguments.baseline in (arguments.candidate, arguments.control):
        other = "--candidate" if arguments.baseline == arguments.candidate else "--control"
        raise UsageError(f"--baseline and {other} both name {arguments.baseline!r}: name two different columns")


def _as_json(found: Speedup, decision: Decision, stopped: int | None, threshold: float) -> dict[str, Any]:
    from jitgate.statistics import finite

    return {
        "verdict": str(decision.outcome),
        "speedup": found.interval.estimate,
        "low": found.interval.low,
        "high": finite(found.interval.high),
        "pairs": found.pairs,
        "pairs_to_decide": stopped,
        "noise_floor": found.noise_floor,
        "mde": finite(found.mde),
        "reason": decision.reason,
        "threshold": threshold,
        "alpha": found.interval.alpha,
        "pairs_needed": decision.pairs_needed,
        "seconds_needed": decision.seconds_needed,
        "spread": found.spread,
        "autocorrelation": found.autocorrelation,
        "design_effect": found.design_effect,
        "control": None if found.control is None else found.control.as_json(),
        "notes": list(found.notes),
    }


def _as_text(found: Speedup, decision: Decision, stopped: int | None) -> str:
    interval = found.interval
    figures = [
        f"speed-up {interval.estimate:.3f} [{interval.low:.3f}, {interval.high:.3f}] at alpha {interval.alpha:g}",
        f"{found.pairs} pairs" + (f" (decided after {stopped})" if stopped is not None else ""),
        f"scatter of one pair {found.spread:.1%}",
        f"noise floor {found.noise_floor:.1%}" if found.control is not None else "no control, so no noise floor",
        f"smallest decidable effect {found.mde:.1%}" if math.isfinite(found.mde) else "too few pairs to decide",
    ]
    notes = [f"note: {note}" for note in found.notes]
    return "\n".join([f"{decision.outcome}: {decision.reason}", "; ".join(figures), *notes])
