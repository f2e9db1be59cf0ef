"""Parts A3 to A6: result files of an earlier session, cells that share a name, units, ticks and modes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from studies.faults.fault import FAILED, OK, USAGE, Fault, Session
from studies.faults.saving import EVERYTHING, FILES

INCONCLUSIVE = 2
"""Exit code of `jitgate judge`; PASS, FAIL and bad input are 0, 1 and 4, as pytest's."""

EARLIER = '{"an earlier": "session, all of it PASS"}'
ROUNDS = 40
TICK_S = 0.015625


def _with_earlier(folder: Path) -> None:
    for name in FILES:
        (folder / name).write_text(EARLIER, encoding="utf-8")


STALE = Session("stale", workload="raises_when_built", arguments=EVERYTHING, before=_with_earlier)

FILES_OF_RESULTS = [
    Fault(
        *("A", "an earlier all-PASS result file, and no workload can be built", STALE, USAGE),
        "ValueError: the weights are of another year",
        written=(("out.json", "the weights are of another year"), ("report.md", "STOPPED")),
    ),
    Fault(
        *("A", "an earlier all-PASS result file, and a wrong option"),
        replace(STALE, name="stale-option", made=True, arguments=("--no-such-option", *EVERYTHING)),
        *(USAGE, "unrecognized arguments: --no-such-option"),
        gone=FILES,
    ),
    Fault(
        *("A", "an earlier all-PASS result file, and every variant fails"),
        Session("stale-fails", ("raises_at_once",), arguments=EVERYTHING, before=_with_earlier),
        *(FAILED, "raises_at_once raised in"),
        there=FILES,
        written=(("out.json", '"verdict": "FAIL"'), ("report.md", "FAIL"), ("junit.xml", "<failure")),
    ),
    Fault(
        *("A", "two cells whose names joined by - are alike"),
        Session(
            "alike",
            made=True,
            scenarios='["s-x"]',
            table='[tool.jitgate.workloads."w-s"]\nfactory = "models:mlp"\nscenarios = ["x"]\n'
            'variants = ["eager", "plain"]\n',
        ),
        *(OK, "recommended"),
        there=(".jitgate/rounds/w/s-x/plain.csv", ".jitgate/rounds/w-s/x/plain.csv"),
    ),
]


def _text(text: str) -> Callable[[Path], None]:
    def before(folder: Path) -> None:
        (folder / "rounds.csv").write_text(text, encoding="utf-8")

    return before


def _csv(
    rows: Iterable[tuple[float, float]], separator: str = ",", names: str = "eager,mine"
) -> Callable[[Path], None]:
    lines = [names, *(f"{one:.9g},{other:.9g}" for one, other in rows)]
    text = "\n".join(lines).replace(",", separator) + "\n"
    return _text(text)


def _judged(what: str, before: Callable[[Path], None], code: int, says: str, *more: str, limit: float = 1.10) -> Fault:
    """One row that `jitgate judge` is asked."""
    columns = ("--baseline", "eager", "--candidate", "mine", "--threshold", f"{limit:g}")
    program = ("-m", "jitgate", "judge", "rounds.csv", *columns, *more)
    return Fault("A", what, Session(f"judge {what}", program=program, before=before), code, says)


def _ratio(ratio: float, scale: float = 1.0) -> list[tuple[float, float]]:
    draw = random.Random(0)  # noqa: S311 - noise, and no secret
    return [(scale * 0.1 * draw.gauss(1, 0.01), scale * 0.1 / ratio * draw.gauss(1, 0.01)) for _ in range(ROUNDS)]


def _in_ticks() -> list[tuple[float, float]]:
    """Rounds of 30 ms and 25 ms, by a clock that ticks 64 times a second."""
    return [(2 * TICK_S, TICK_S)] * ROUNDS


def _sticky() -> list[tuple[float, float]]:
    """The candidate is 12 % faster in ten rounds, and as fast as the baseline in the next five, again and again."""
    draw = random.Random(0)  # noqa: S311 - noise, and no secret
    fast = ([1.12] * 10 + [1.0] * 5) * 4
    return [(0.1 * draw.gauss(1, 0.002), 0.1 / each * draw.gauss(1, 0.002)) for each in fast]


JSON = '{"eager": [0.1], "mine": [0.09]}'
LONG = "round,arm,seconds\n1,eager,0.11\n1,mine,0.1\n"


UNITS = [
    _judged("0.110 and 0.100 s in every round, and 1.10 is asked", _csv([(0.11, 0.1)] * ROUNDS), INCONCLUSIVE, "tick"),
    _judged("the same in units of 100 ms", _csv([(1.1, 1.0)] * ROUNDS), INCONCLUSIVE, "tick"),
    _judged("a clock that ticks 64 times a second", _csv(_in_ticks()), INCONCLUSIVE, "one tick of the clock"),
    _judged("milliseconds that nobody calls so", _csv(_ratio(1.2, 1e6)), USAGE, "say what the figures are"),
    _judged("milliseconds that are called so", _csv(_ratio(1.3, 1e3)), OK, "PASS", "--unit", "ms"),
    _judged("rates that nobody calls so", _csv(_ratio(1.2, 1e4)), USAGE, "--rate for calls a second"),
    _judged("rates that are called so", _csv(_ratio(1.3, 1e4)), FAILED, "FAIL", "--rate"),
    _judged("one arm in seconds, the other in milliseconds", _csv([(0.1, 90.0)] * ROUNDS), USAGE, "in one unit?"),
    _judged("columns separated by semicolons", _csv(_ratio(1.3), ";"), OK, "PASS"),
    _judged("columns separated by tabs", _csv(_ratio(1.3), "\t"), OK, "PASS"),
    _judged("a line for each figure", _text(LONG), USAGE, "has a line for each figure"),
    _judged("JSON in place of CSV", _text(JSON), USAGE, "is JSON, and this reads CSV"),
    _judged("a mode that rounds stay in", _csv(_sticky()), INCONCLUSIVE, "take one of two durations", limit=1.05),
]

JUDGED = [*FILES_OF_RESULTS, *UNITS]
