"""Every figure of a page, worked out again from the raw rounds and the JSON, to the printed digit."""

from __future__ import annotations

import json
import math
import re
import statistics
from datetime import date
from typing import Any

import numpy as np
import pytest
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.report.decision import Ending
from jitgate.report.formats import Html, Json, Run
from jitgate.report.html.rounds import LOOKS
from jitgate.statistics import speedup

from tests.jitgate.plugin.golden_measurements import six
from tests.jitgate.report.html.pages import FACTS, Reader, results

ALPHA = 0.01

RIGHT = ("tolerance", "max_recompiles")
FITS = ("max_memory", "max_memory_growth")
FAST = ("min_speedup", "max_noise_floor")


def seconds(value: float) -> str:
    """As a person reads a duration: three digits."""
    return next(
        f"{value * factor:.3g} {unit}"
        for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "us"))
        if float(f"{value * factor:.3g}") >= 1 or unit == "us"
    )


def size(value: float) -> str:
    return f"{value / (1 << 30):.2f} GiB" if value >= 1 << 30 else f"{value / (1 << 20):.0f} MiB"


def worst_of(gates: list[dict[str, Any]], keys: tuple[str, ...]) -> str:
    outcomes = [gate["verdict"] for gate in gates if gate["gate"] in keys]
    return next((each for each in ("FAIL", "INVALID", "INCONCLUSIVE", "PASS") if each in outcomes), "not gated")


def interval(found: dict[str, Any]) -> str:
    return f"{found['estimate']:.2f}x ({found['low']:.2f} to {found['high']:.2f})"


class Made:
    """A page of one scenario, its measurement, and the JSON of the same run."""

    def __init__(self, scenario: str) -> None:
        self.measurement: Measurement = six()[scenario]
        found = results(self.measurement)
        self.ending = Ending(int(bool(found.red())))
        run = Run(date(2026, 11, 27), FACTS, "pytest perf", self.ending)
        self.page = Reader(Html().render(found, run))
        self.cells = {cell["variant"]: cell for cell in json.loads(Json().render(found, run))["cells"]}

    def turns(self, name: str) -> list[float]:
        return [statistics.median(turn) for turn in self.measurement.all_samples[name].turns]


@pytest.fixture(scope="module", params=["passes", "fails", "open", "wrong", "dead", "grows"])
def made(request: pytest.FixtureRequest) -> Made:
    return Made(request.param)


def test_every_table_of_the_page_is_recomputed_here(made: Made) -> None:
    known = (
        *("Gates", "Every variant", "Figures;", "Median of the rounds", "The interval after", "Durations", "Memory by"),
        *("What comes once", "Machine", "Health"),
    )
    assert [caption for caption, _ in made.page.tables if not caption.startswith(known)] == []


def test_figures(made: Made) -> None:
    for caption, skip in (("Figures;", 0), ("Every variant", 1)):
        for row in made.page.table(caption)[1:]:
            name, median, speed, memory, error, *answers = row[skip:]
            cell = made.cells[name]
            calls = [call for turn in made.measurement.all_samples[name].turns for call in turn]
            assert median == seconds(statistics.median(calls))
            if name == BASELINE:
                floor = made.cells["jit"]["speedup"]["noise_floor"]
                assert speed == f"noise floor {floor:.1%}"
                ratio = np.log(np.array(made.turns(BASELINE)) / np.array(made.turns(CONTROL)))
                walsh = [(a + b) / 2 for place, a in enumerate(ratio) for b in ratio[place:]]
                assert floor == pytest.approx(math.expm1(abs(statistics.median(walsh))), rel=1e-9)
            elif cell["failure"] is not None:
                assert {speed, memory, error} == {"-"}, "nothing was judged by a figure of a worker that died"
                assert set(answers) == {"FAIL"}
                continue
            else:
                assert speed.startswith(interval(cell["speedup"]))
            assert memory == f"{size(cell['memory']['peak_bytes'])} of 4.00 GiB"
            assert error == f"{cell['accuracy']['rel_l2']:.0e}"
            expected = [worst_of(cell["gates"], keys) for keys in (RIGHT, FITS, FAST)]
            assert answers == (["baseline", expected[1], "baseline"] if name == BASELINE else expected)


def test_gates(made: Made) -> None:
    expected = {
        (name, gate["label"]): (gate["verdict"], f"{gate['reason']} {gate['advice']}".rstrip())
        for name, cell in made.cells.items()
        for gate in cell["gates"]
    }
    rows = [row for caption, rows in made.page.tables if caption == "Gates" for row in rows[1:]]
    assert {(row[0], row[1]): (row[2], row[4]) for row in rows} == expected
    for name, label, _, figure, _ in rows:
        gate = next(each for each in made.cells[name]["gates"] if each["label"] == label)
        if gate["figure"] is None:
            assert figure == "-"
        elif gate["gate"] == "min_speedup":
            assert figure == interval(gate["figure"])
        elif gate["gate"] == "max_memory":
            assert figure == size(gate["figure"]["estimate"])
    held = sum(verdict == "PASS" for verdict, _ in expected.values())
    assert f"{held} of {len(expected)} gates held" in "".join(made.page.shown["header"])


def test_rounds(made: Made) -> None:
    head, *rows = made.page.table("Median of the rounds")
    assert head == ["rounds", "eager, ms", "jit, ms", "control, ms"]
    seen = 0
    for place, *cells in rows:
        first, _, last = place.partition(" to ")
        start, end = int(first) - 1, int(last or first)
        seen += end - start
        for name, text in zip((BASELINE, "jit", CONTROL), cells, strict=True):
            part = [turn * 1e3 for turn in made.turns(name)[start:end]]
            assert text == f"{statistics.median(part):.4g} ({min(part):.4g} to {max(part):.4g})"
    assert seen == made.measurement.rounds


def test_intervals(made: Made) -> None:
    arms = [np.array(made.turns(name)) for name in (BASELINE, "jit", CONTROL)]
    rows = made.page.table("The interval after")[1:]
    assert 5 < len(rows) <= LOOKS
    for pairs, *texts in rows:
        count = int(pairs)
        found = speedup(arms[0][:count], arms[1][:count], arms[2][:count], alpha=ALPHA).interval
        assert texts == [f"{found.estimate:.3f}", f"{found.low:.3f}", f"{found.high:.3f}"]
    last = made.cells["jit"]["speedup"]
    assert rows[-1][1:] == [f"{last[name]:.3f}" for name in ("estimate", "low", "high")]


def test_durations(made: Made) -> None:
    for name, count, *texts in made.page.table("Durations")[1:]:
        calls = np.array([call for turn in made.measurement.all_samples[name].turns for call in turn])
        assert int(count) == len(calls)
        levels = [calls.min(), *np.percentile(calls, (50, 90, 95, 99)), calls.max()]
        assert texts == [seconds(float(level)) for level in levels]


def test_memory(made: Made) -> None:
    keys = {
        "loading and first call": "load_peak_bytes",
        "steady calls": "steady_peak_bytes",
        "peak": "peak_bytes",
        "between calls": "resident_bytes",
        "weights": "weight_bytes",
        "activations": "activation_bytes",
    }
    for name, phase, memory, limit in made.page.table("Memory by")[1:]:
        assert memory.strip() == size(made.cells[name]["memory"][keys[phase]])
        assert limit == "4.00 GiB"


def test_the_raw_rounds_are_the_rounds(made: Made) -> None:
    head, *lines = made.page.pres[-1].splitlines()
    names = head.split(",")[1:]
    assert names == list(made.measurement.all_samples)
    for number, line in enumerate(lines):
        place, *cells = line.split(",")
        assert int(place) == number + 1
        assert cells == [f"{made.turns(name)[number] * 1e3:.6g}" for name in names]


def test_where_it_was_decided() -> None:
    made = Made("passes")
    marks = re.findall(r"decided after (\d+) pairs", made.page.text)
    arms = [np.array(made.turns(name)) for name in (BASELINE, "jit", CONTROL)]
    lows = [speedup(*(arm[:count] for arm in arms), alpha=ALPHA).interval.low for count in range(1, 61)]
    assert [int(mark) for mark in marks] == [next(count for count, low in enumerate(lows, 1) if low >= 1.10)]
