"""The second table of a scenario, and the line of the recommendation."""

from __future__ import annotations

import json
from dataclasses import replace

from jitgate.gates.recommendation import Cost, Recommendation, recommend
from jitgate.model.cold_start import ColdStart, Compilation
from jitgate.model.figures import FlopCount, UnseenShape, UnseenShapes
from jitgate.model.measurement import Measurement
from jitgate.report.document import sections
from jitgate.report.evidence import extras as record
from jitgate.report.extras import extras
from jitgate.report.format import format_calls, format_rate
from jitgate.report.markdown import escaped, table
from jitgate.report.recommendation import recommendation_data, recommendation_line
from jitgate.statistics import Payback, PeakRates

from tests.jitgate.measurements import made_of
from tests.jitgate.results import policy_of, results_of


def lines_of(measurement: Measurement) -> list[str]:
    return extras(results_of(policy_of(), measurement), measurement)


def document_of(measurement: Measurement) -> list[str]:
    return sections(results_of(policy_of(), measurement))


def whole() -> Measurement:
    """Everything that can stand in the table."""
    found = made_of(1.5)
    jit = replace(
        found.all_samples["jit"],
        cold_start=ColdStart(61.0, 0.3, 0.9, 50 << 20, built_at="2026-11-22", fetch_s=0.04, warm_s=(0.9, *(0.01,) * 8)),
        warm_s=(0.9, *(0.01,) * 8),
        unseen_shapes=UnseenShapes((UnseenShape(0.2, (0.1,)),), "RuntimeError: too long"),
    )
    eager = replace(found.all_samples["eager"], cold_start=ColdStart(1.0, 0.0, 0.02), warm_s=(2.0, 1.0))
    return replace(
        found,
        all_samples={**found.all_samples, "jit": jit, "eager": eager},
        flop_count=FlopCount(2e9, 1 << 20, 1 << 20),
        peak_rates={"fp32": PeakRates(1e12, 20e9)},
        missing={"int8": "not supported here"},
    )


def test_a_line_a_variant_with_what_comes_once_and_the_limit() -> None:
    head, eager, jit, *below = lines_of(whole())
    assert head.split()[0] == "variant"
    for figure in ("61 s", "50 MiB", "300 ms", "900 ms", "1 call, 900 ms", "2.00x, 1 length, then fails"):
        assert figure in jit
    assert "of arithmetic" in jit
    assert "not in 2 calls, 3 s" in eager
    assert [line.strip() for line in below] == [
        "jit: exported in 61 s on 2026-11-22; read from the cache in 40 ms, 0.1% of that",
        "a call: 2 GFLOP, 1 MiB of parameters and 1 MiB of activations, each once in float32",
        "measured peak in fp32: 1 TFLOP/s, 20 GB/s (the best of a large matrix product and a large copy)",
        "no measured peak in int8: not supported here",
    ]


def test_above_the_measured_peak_there_is_no_share_in_terminal_markdown_and_json() -> None:
    found = replace(whole(), peak_rates={"fp32": PeakRates(1e11, 20e9)})  # 2 GFLOP in 10 ms, and in 6.7 ms
    words = "above the measured arithmetic peak (2.99x)"
    assert words in lines_of(found)[2]
    assert any(words in line for line in document_of(found) if line.startswith("| jit"))
    assert not any("% of arithmetic" in line for line in (*lines_of(found), *document_of(found)))
    recorded = record(found, "jit", 0.01)["roofline"]
    assert recorded["above"] == words
    assert recorded["share"]["low"] > 1
    below = record(whole(), "jit", 0.01)["roofline"]
    assert below["above"] is None
    assert below["share"]["high"] < 1


def test_lengths_that_memory_did_not_suffice_for_are_not_said_to_fail() -> None:
    found = whole()
    jit = replace(
        found.all_samples["jit"], unseen_shapes=UnseenShapes((UnseenShape(0.2, (0.1,)),), untried="1 MiB was free")
    )
    assert (
        "2.00x, 1 length, then out of memory"
        in lines_of(replace(found, all_samples={**found.all_samples, "jit": jit}))[2]
    )
    none = replace(jit, unseen_shapes=UnseenShapes(untried="1 MiB was free"))
    assert "out of memory" in lines_of(replace(found, all_samples={**found.all_samples, "jit": none}))[2]


def test_what_was_built_now_is_not_said_to_come_from_the_cache() -> None:
    found = whole()
    jit = replace(found.all_samples["jit"], cold_start=replace(found.all_samples["jit"].cold_start, built_now=True))
    assert not any(
        "in the cache" in line for line in lines_of(replace(found, all_samples={**found.all_samples, "jit": jit}))
    )


def test_what_was_compiled_in_the_first_call_is_said_with_what_no_cache_can_spare() -> None:
    found = whole()
    cold = replace(
        found.all_samples["jit"].cold_start, compilation=Compilation(12.0, 4.0, built=2, found=1, uncached=1)
    )
    found = replace(found, all_samples={**found.all_samples, "jit": replace(found.all_samples["jit"], cold_start=cold)})
    (line,) = (line.strip() for line in lines_of(found) if "graphs of the first call" in line)
    assert line == (
        "jit: graphs of the first call: 2 compiled (1 can't be cached), 1 from torch's cache; compiling took 8 s, "
        "tracing 4 s"
    )


def test_what_was_built_before_is_summed_up_with_what_it_takes_to_have_it_again() -> None:
    found = whole()
    done = Compilation(5.0, 4.0, built=0, found=2, first_s=39.0, first_on="2026-11-22")
    eager = replace(
        found.all_samples["eager"], cold_start=replace(found.all_samples["eager"].cold_start, compilation=done)
    )
    lines = [line.strip() for line in lines_of(replace(found, all_samples={**found.all_samples, "eager": eager}))]
    assert any(line.endswith("4 s (together 12.8% of the first compilation)") for line in lines)
    assert "from the cache, 2 variants: 5.04 s instead of 100 s, 5.0% of it" in lines
    assert not any(line.startswith("from the cache") for line in lines_of(found)), "one alone has said it"


def test_where_nothing_was_seen_there_is_no_table() -> None:
    assert lines_of(made_of(1.5)) == []


def test_the_recommendation_says_speed_memory_cost_and_why_not_the_others() -> None:
    found = recommend(results_of(policy_of(), made_of(1.5)), made_of(1.5))
    assert found is not None
    line = recommendation_line(
        replace(found, first=Cost(60.0, Payback(3020, 2000, 6100)), later=Cost(-0.1, Payback(0, 0, 0)))
    )
    assert line.startswith("recommended for my.encoder short on cpu: jit, 1.5")
    assert "100 MiB of memory" in line
    assert "cold start +60 s (pays off after 3,020 calls, between 2,000 and 6,100)" in line
    assert "from cache costs nothing more" in line


def test_eager_is_recommended_with_the_reason_against_each_other() -> None:
    found = recommend(results_of(policy_of(), made_of(1.0)), made_of(1.0))
    assert found is not None
    assert recommendation_line(found) == (
        "recommended for my.encoder short on cpu: eager, since no other is right, fits and is decidedly faster "
        "(jit: not decidedly faster)"
    )


def test_a_recommendation_is_plain_json_even_where_it_never_pays() -> None:
    never = Cost(1.0, Payback(float("inf"), 5.0, float("inf")))
    data = recommendation_data(Recommendation("w", "s", "cpu", "jit", None, None, never, Cost()))
    assert json.loads(json.dumps(data, allow_nan=False))["cold_start"] == {
        "extra_s": 1.0,
        "calls_until_paid": None,
        "soonest": 5.0,
        "latest": None,
    }


def test_figures_are_readable() -> None:
    assert [format_calls(calls) for calls in (1, 3020.0, float("inf"))] == ["1 call", "3,020 calls", "never"]
    assert [format_rate(rate, "B/s") for rate in (2e13, 1.5e9, 3e5)] == ["20 TB/s", "1.5 GB/s", "0.3 MB/s"]


def test_markdown_says_what_was_meant() -> None:
    assert escaped("a|b *c* <d>\n`e` &") == r"a\|b \*c\* \<d\> \`e\` &amp;"
    assert table(("x", "y"), [("1|2", "")]) == ["| x | y |", "| --- | --- |", r"| 1\|2 |  |"]
