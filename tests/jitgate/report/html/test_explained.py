"""No figure stands on a page or in a comment that is not worked out again here, from the raw rounds and the JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.report.pull_request.comment import comment, note, summary
from jitgate.report.pull_request.made import for_review

from tests.jitgate.plugin.golden_measurements import six
from tests.jitgate.report.html.pages import FACTS, results
from tests.jitgate.report.html.test_recomputed import ALPHA, Made, interval, seconds, size

NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]\d+)?")

RECOMPUTED = ("Every variant", "Figures;", "Median of the rounds", "The interval after", "Durations", "Memory by")
"""Tables whose every cell `test_recomputed` works out."""

SAID = {
    "not gated": 95,
    "Holds at all numbers of pairs at once, with an error probability of 0.01.": ALPHA,
    "The curves end at the 99th percentile of the calls; the table has the slowest.": 99,
}
"""Sentences with a figure that is a rule, and not measured."""


@pytest.fixture(scope="module", params=six())
def made(request: pytest.FixtureRequest) -> Made:
    return Made(request.param)


def numbers(text: str) -> set[str]:
    return set(NUMBER.findall(text))


def growth_of(made: Made, name: str) -> float:
    """Bytes a call, as the slope of the readings."""
    calls, levels = zip(*made.measurement.all_samples[name].levels[0], strict=True)
    return float(np.polyfit(calls, levels, 1)[0])


def figure_of(made: Made, name: str, gate: dict[str, Any]) -> str:
    """What was measured, as a person reads it; "-" of a worker that died."""
    if made.measurement.all_samples[name].failure is not None:
        return "-"
    cell, samples = made.cells[name], made.measurement.all_samples[name]
    recompiles = ", ".join(
        f"{count} x {what.partition(': ')[0]}" + (f" ({what.partition(': ')[2]})" if ": " in what else "")
        for what, count in samples.recompiles.items()
    )
    return {
        "min_speedup": lambda: interval(cell["speedup"]),
        "max_memory": lambda: size(cell["memory"]["peak_bytes"]),
        "max_memory_growth": lambda: f"{growth_of(made, name) / (1 << 20):.0f} {unit(made, name)} a call",
        "max_noise_floor": lambda: f"noise floor {made.cells['jit']['speedup']['noise_floor']:.1%}",
        "max_recompiles": lambda: recompiles or "no recompiles",
        "tolerance": lambda: f"{cell['accuracy']['rel_l2']:.0e}",
    }[gate["gate"]]()


def unit(made: Made, name: str) -> str:
    return "MiB" if growth_of(made, name) >= 1 << 20 else "B"


def behind(made: Made, name: str, gate: dict[str, Any]) -> str:
    """All figures that the reason of a verdict may have."""
    cell, samples = made.cells[name], made.measurement.all_samples[name]
    memory, accuracy, limit = samples.memory, cell["accuracy"], gate["limit"]
    assert memory is not None
    assert memory.peak_bytes is not None
    speeds = [*(cell["speedup"] or {}).items()]
    ratios = [value for key, value in speeds if key in ("estimate", "low", "high")] + [limit]
    rounded = [f"{turn(value * 1000) / 1000:.3f}" for value in ratios for turn in (math.floor, round, math.ceil)]
    levels = samples.levels[0]
    over = abs(memory.peak_bytes - limit)
    said = [
        *(f"{limit:g}", f"{limit:.0%}", f"{limit:.3f}", size(limit), gate["label"], *rounded),
        *(size(memory.peak_bytes), size(over), size(memory.steady_peak_bytes or 0)),
        *(f"{levels[-1][0] - levels[2][0]}", f"{len(levels)}", f"{growth_of(made, name) / (1 << 20):.0f} MiB"),
        f"{made.cells['jit']['speedup']['noise_floor']:.1%} 10%",
        f"{accuracy['rel_l2']:.1e} {accuracy['tolerance']:g} {accuracy['integers']} {accuracy['other_token_ids']}",
        f"{accuracy['token_ids']} {accuracy['excess_surprisal'] or 0:.1e}",
        f"L2 {sum(samples.recompiles.values())} {figure_of(made, name, {'gate': 'max_recompiles'})}",
    ]
    return " ".join(said)


def lines_of(made: Made) -> Iterator[str]:
    """Every sentence of the page with a figure, but those of verdicts."""
    found, jit = made.measurement, made.cells["jit"]
    gates = [gate["verdict"] for cell in made.cells.values() for gate in cell["gates"]]
    reds = [(each, gates.count(each)) for each in ("FAIL", "INVALID", "INCONCLUSIVE") if each in gates]
    held = f"{gates.count('PASS')} of {len(gates)} gates held" + ("; " if reds else "")
    yield held + ", ".join(f"{count} {each}" for each, count in reds) + "."
    yield (
        f"{jit['rounds']} rounds in {found.wall_s:.0f} s, {jit['inside_calls']:.0%} of the time inside model calls, "
        f"order by seed {jit['seed']}."
    )
    count = sum(jit["excluded_rounds"].values())
    yield f"{count} of {count + found.rounds} rounds excluded: {', '.join(jit['excluded_rounds'])}"
    peak = size(jit["memory"]["peak_bytes"])
    where = f"recommended for my.encoder {found.scenario} on cpu"
    yield f"{where}: jit, {interval(jit['speedup'])} as fast as eager, {peak} of memory"
    cold = found.all_samples["jit"].cold_start
    if cold.build_s is not None and cold.fetch_s is not None:
        yield (
            f"jit: exported in {seconds(cold.build_s)} on {cold.built_at}; read from the cache in "
            f"{seconds(cold.fetch_s)}, {cold.fetch_s / cold.build_s:.1%} of that"
        )
    if found.flop_count is not None:
        work, roof, rate = found.flop_count, jit["roofline"], found.peak_rates["fp32"]
        yield (
            f"a call: {roof['flops'] / 1e9:.3g} GFLOP, {size(work.parameter_bytes)} of parameters and "
            f"{size(work.activation_bytes)} of activations, each once in float32"
        )
        yield (
            f"measured peak in fp32: {rate.flops_s / 1e9:.3g} GFLOP/s, {rate.bytes_s / 1e9:.3g} GB/s "
            "(the best of a large matrix product and a large copy)"
        )
    right = jit["accuracy"]
    if right["snr_db"] is not None:
        yield (
            f"jit, audio: log-mel distance {right['log_mel_db']:.2g} dB, SNR {right['snr_db']:.0f} dB, "
            f"multi-resolution STFT distance {right['mr_stft']:.2g}"
        )
        yield f"all {right['integers']} integer outputs (ids, lengths, masks) match eager's: jit"
        yield (
            f"jit: {right['other_token_ids']} of {right['token_ids']} chosen token ids differ, by eager's scores "
            f"up to {right['excess_surprisal'] or 0:.1e} (relative) more surprising"
        )
    memory = found.all_samples["jit"].memory
    assert memory is not None
    if memory.weight_bytes and memory.activation_bytes and memory.steady_peak_bytes:
        rest = memory.steady_peak_bytes - memory.weight_bytes - memory.activation_bytes
        yield (
            f"memory of jit: of steady calls libraries and all else {size(rest)}, "
            f"weights {size(memory.weight_bytes)}, activations {size(memory.activation_bytes)}"
        )


def headline(made: Made) -> str:
    """By the worst verdict of the JSON."""
    gates = [gate["verdict"] for cell in made.cells.values() for gate in cell["gates"]]
    counts = {each: gates.count(each) for each in ("FAIL", "INVALID", "INCONCLUSIVE") if each in gates}
    became = {each: "failed" if each == "FAIL" else f"{'is' if n == 1 else 'are'} {each}" for each, n in counts.items()}
    parts = [f"{count} {became[each]}" for each, count in counts.items()]
    if not parts:
        return f"GREEN: {len(gates)} of {len(gates)} gates held."
    state = "RED" if "FAIL" in gates else "INVALID (not green)" if "INVALID" in gates else "UNDECIDED (not green)"
    return f"{state}: of {len(gates)} gates {' and '.join(parts)}."


def test_every_sentence_with_a_figure_is_written_again_here(made: Made) -> None:
    known = {*lines_of(made), headline(made), *SAID}
    labels = {gate["label"] for cell in made.cells.values() for gate in cell["gates"]}
    passed = sum(gate["verdict"] == "PASS" for cell in made.cells.values() for gate in cell["gates"])
    known |= {f"Gates that are PASS: {passed}", "jitgate: a run of 2026-11-27 on AMD EPYC 7763"}
    texts = [
        (tag, " ".join(text.split()))
        for tag in ("h1", "h2", "p", "li", "caption", "figcaption", "summary")
        for text in made.page.shown[tag]
    ]
    asked = numbers(" ".join(labels))
    left = [(tag, text) for tag, text in texts if not numbers(text) <= asked and text not in known]
    assert left == []
    assert headline(made) == made.page.shown["p"][0]


def test_every_gate_shows_its_figure_and_reasons_have_no_other(made: Made) -> None:
    gates = {(name, gate["label"]): gate for name, cell in made.cells.items() for gate in cell["gates"]}
    seen = 0
    for caption, (_, *rows) in made.page.tables:
        if not caption.startswith("Gates"):
            continue
        for name, labels, _, figure, reason in rows:
            variant, first = name.rpartition("/")[2], labels.split(", ")[0]
            gate = gates[variant, first]
            assert figure == ("-" if ", " in labels else figure_of(made, variant, gate))
            assert numbers(reason) <= numbers(behind(made, variant, gate)), reason
            seen += 1
    assert seen > len(gates)


def test_what_comes_once_is_worked_out_again(made: Made) -> None:
    rows = [rows for caption, rows in made.page.tables if caption.startswith("What comes once")]
    for name, export, file, load, first, steady, unseen, roof in rows[0][1:] if rows else ():
        cell, cold = made.cells[name], made.cells[name]["cold_start"]
        assert [export, load, first] == [seconds(cold[key]) for key in ("build_s", "load_s", "first_call_s")]
        assert file == ("-" if cold["artefact_bytes"] is None else size(cold["artefact_bytes"]))
        warm = cell["warm_up"]
        assert steady == f"{warm['calls']} call, {seconds(sum(warm['calls_s'][: warm['calls']]))}"
        shapes = made.measurement.all_samples[name].unseen_shapes.lengths
        ratios = [each.first_s / float(np.median(each.known_s)) for each in shapes]
        assert unseen == (f"{np.median(ratios):.2f}x, {len(shapes)} lengths" if shapes else "-")
        least_s = cell["roofline"]["flops"] / cell["roofline"]["flops_s"]
        assert roof == f"above the measured arithmetic peak ({least_s / cell['steady_median_s']:.2f}x)"


def test_no_other_table_has_a_figure(made: Made) -> None:
    for caption, rows in made.page.tables:
        if caption.startswith(("Machine", "Health")):
            known = numbers(f"{FACTS} {made.measurement.notes}")
            assert numbers(str(rows[1:])) <= known
        else:
            assert caption.startswith((*RECOMPUTED, "Gates", "What comes once")), caption


def test_the_pictures_are_drawn_at_their_figures(made: Made) -> None:
    pictures = re.findall(
        r"<figcaption id=.*?>(.*?)</figcaption>.*?(<svg class=\"plot\".*?</svg>)", made.page.text, re.S
    )
    assert len(pictures) == 3
    arms = {"baseline": BASELINE, "candidate": "jit", "control": CONTROL, "other1": "jit"}
    for title, picture in pictures:
        ups = [(float(y) - 4, float(text)) for y, text in re.findall(r'x="56" y="([\d.]+)".*?>([\d.e+-]+)<', picture)]
        across = [(float(x), float(text)) for x, text in re.findall(r'x="([\d.]+)" y="206".*?>([\d.e+-]+)<', picture)]
        up, along = fit(ups), fit(across, factors=title.startswith("Interval"))
        for role, path in re.findall(r'<path class="line (\w+)" d="M(.*?)h0"', picture):
            points = [tuple(map(float, point.split())) for point in path.split("L")]
            xs, ys = [along(x) for x, _ in points], [up(y) for _, y in points]
            if title.startswith("Rounds"):
                assert xs == pytest.approx(range(1, made.measurement.rounds + 1), abs=0.06)
                assert ys == pytest.approx([turn * 1e3 for turn in made.turns(arms[role])], rel=0.003)
            elif title.startswith("Calls"):
                calls = [call * 1e3 for turn in made.measurement.all_samples[arms[role]].turns for call in turn]
                assert xs == pytest.approx(np.percentile(calls, list(range(1, 100, 2))), rel=0.003)
                assert ys == pytest.approx(range(1, 100, 2), abs=0.2)
            else:
                table = [[float(text) for text in row] for row in made.page.table("The interval after")[1:]]
                assert xs == pytest.approx([pairs for pairs, *_ in table], rel=0.01)
                assert ys == pytest.approx([estimate for _, estimate, *_ in table], rel=0.005)


def fit(ticks: list[tuple[float, float]], *, factors: bool = False) -> Any:
    """From pixels to values, by the ticks of an axis; all of them must lie on it."""
    pixels, values = zip(*ticks, strict=True)
    slope, start = np.polyfit(pixels, np.log(values) if factors else values, 1)
    found = [slope * pixel + start for pixel in pixels]
    assert found == pytest.approx(np.log(values) if factors else values, abs=0.06 * abs(slope) + 1e-9)
    return lambda pixel: math.exp(slope * pixel + start) if factors else slope * pixel + start


def test_a_comment_has_no_figure_but_those_of_the_page(made: Made) -> None:
    review = for_review(results(made.measurement), made.ending, None)
    gates = {(name, gate["label"]): gate for name, cell in made.cells.items() for gate in cell["gates"]}
    for row in review.rows:
        gate = gates[row.cell.rpartition("/")[2], row.gate]
        assert (row.figure or "-") == figure_of(made, row.cell.rpartition("/")[2], gate)
        assert (row.outcome, row.sentence) == (gate["verdict"], f"{gate['reason']} {gate['advice']}".rstrip())
    told = " ".join(f"{row.cell} {row.gate} {row.figure} {row.sentence}" for row in review.rows)
    known = numbers(f"{headline(made)} {review.action} {told} {len(review.rows) - 4} more")
    left = " ".join(f"{count}" for count in range(len(review.rows) + 1))
    for text in (comment(review), summary(review), note(review)):
        assert headline(made) in text.replace("\\", "")
        assert numbers(text.replace("\\", "")) <= known | numbers(left)
