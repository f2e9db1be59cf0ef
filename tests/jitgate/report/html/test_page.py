"""One HTML file: what it says first, that nothing in it runs, and that everything can be reached."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from jitgate.model.failure import Failure, FailureKind
from jitgate.report.decision import RunDecision, RunState
from jitgate.report.html.chart import MOST_SIGNS
from jitgate.report.html.page import Page, Section, spread_over
from jitgate.report.html.past import series_plot
from jitgate.report.html.render import render_page, shown
from jitgate.report.html.rounds import MOST_RAW, calls_plot, raw_rounds, rounds_plot

from tests.jitgate.measurements import made_of
from tests.jitgate.plugin.golden_measurements import six
from tests.jitgate.report.html.pages import NASTY, Reader, nasty_page, page

TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "section",
        "nav",
        "div",
        "h1",
        "h2",
        "p",
        "a",
    ),
    *(
        "ul",
        "li",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "figure",
        "figcaption",
        "svg",
        "path",
        "rect",
    ),
    *("text", "details", "summary", "pre", "span"),
}
"""None of these loads or runs anything; `svg` has shapes and text alone."""

ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "aria-label", "aria-labelledby"),
    *("aria-hidden", "tabindex", "role", "scope", "width", "height", "viewbox", "d", "x", "y", "text-anchor"),
}
"""No handler, no style, and `href` leads within the page alone, which another test holds."""


def first_line(text: str) -> str:
    return str(re.findall(r'<p class="headline">(.*?)</p>', text)[0])


def test_a_page_says_first_what_the_run_came_to() -> None:
    assert first_line(page(made_of(1.4))) == "GREEN: 8 of 8 gates held."
    assert first_line(page(made_of(1.0), code=1)) == "RED: of 8 gates 1 failed."
    assert first_line(page(made_of(1.10, seed=3), code=1)) == "UNDECIDED (not green): of 8 gates 1 is INCONCLUSIVE."
    noisy = replace(made_of(1.4), excluded=("other processes were running",) * 40)
    assert first_line(page(noisy, code=1)).startswith("INVALID (not green): of 8 gates ")
    assert first_line(page(code=0)) == "EMPTY: nothing was measured, so nothing is known."
    assert first_line(page(made_of(1.4), code=2)) == "STOPPED: the run was interrupted. 8 of 8 gates held."


def test_the_page_of_a_run_without_a_round_can_be_read() -> None:
    nothing = Failure(FailureKind.DIED, "worker eager was killed", "Boom")
    found = made_of(1.4, rounds=0, failure=nothing, baseline_failure=nothing, control_failure=nothing, peak_bytes=None)
    reader = Reader(page(found, code=1))
    assert "worker eager was killed" in "".join(reader.shown["main"])
    assert any("Boom" in each for each in reader.pres)


def test_every_link_leads_to_a_place_on_the_page_and_every_place_has_one_name() -> None:
    reader = Reader(page(*six().values(), code=1))
    assert reader.links
    assert {link[0] for link in reader.links} == {"#"}
    assert {link[1:] for link in reader.links} <= set(reader.ids)
    assert len(reader.ids) == len(set(reader.ids))


def test_every_picture_has_its_figures_as_a_table_that_a_key_opens() -> None:
    text = page(*six().values(), code=1)
    pictures = re.findall(r"<figure>.*?</figure>", text, re.DOTALL)
    assert len(pictures) >= 12
    for picture in pictures:
        assert picture.count('<svg class="plot"') == 1
        assert re.search(r"<details class=\"figures\"><summary>.+?</summary>\s*<div .*?<table>", picture, re.DOTALL)


def test_hostile_names_are_shown_and_mean_nothing() -> None:
    text = nasty_page()
    reader = Reader(text)
    assert reader.tags <= TAGS
    assert reader.attributes <= ATTRIBUTES
    assert {link[0] for link in reader.links} == {"#"}
    everything = "".join(reader.shown["body"])
    for name in NASTY:
        assert shown(name) in everything
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert text.encode()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("nul\x00", "nul\\x00"), ("\u202eabc", "\\u202eabc"), ("two\nlines\t.", "two lines ."), ("\ud800", "\\ud800")],
)
def test_what_can_not_be_seen_is_written_as_its_code(name: str, expected: str) -> None:
    assert shown(name) == expected


def test_a_name_of_ten_thousand_characters_is_cut_and_says_so() -> None:
    assert shown("x" * 10_000) == "x" * 600 + "... (10,000 characters)"


def test_nothing_may_be_loaded_and_the_style_sheet_is_named_by_its_hash() -> None:
    text = page(made_of(1.4))
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)[0]
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "style=" not in text
    assert "<script" not in text
    assert not re.search(r"https?:|//", text.replace(style, ""))


def test_a_hundred_series_of_a_thousand_rounds_stay_below_two_megabytes() -> None:
    every = [made_of(1.4, rounds=1000, seed=seed) for seed in range(3)]
    blocks = [
        (
            rounds_plot(each.columns("jit"), "eager", "jit"),
            calls_plot(each),
            raw_rounds(each, "raw", MOST_RAW // 34),
        )
        for each in every
    ]
    sections = tuple(Section(f"s{place}", "s", tuple(filter(None, blocks[place % 3]))) for place in range(34))
    text = render_page(Page("t", RunDecision(RunState.GREEN, "GREEN", "-"), (), sections))
    assert text.count('<path class="line baseline"') >= 34
    assert len(text.encode()) <= 1_800_000, "the intervals and the gates take some 4 kB a scenario more"


def test_what_is_thinned_says_so_and_the_raw_rounds_are_all_there() -> None:
    text = page(made_of(1.4, rounds=1000))
    reader = Reader(text)
    assert "A point is the median of 10 rounds; the band is their lowest to highest." in "".join(reader.shown["p"])
    assert len(reader.pres[-1].splitlines()) == 1001


def test_places_are_spread_evenly_with_both_ends() -> None:
    assert spread_over(5, 10) == [0, 1, 2, 3, 4]
    assert spread_over(101, 5) == [0, 25, 50, 75, 100]


def test_the_head_of_the_raw_rounds_names_every_worker() -> None:
    found = made_of(1.4, rounds=2)
    many = {f"{'v' * 60}{number}": replace(found.all_samples["jit"], name=f"{number}") for number in range(40)}
    head, *lines = Reader(page(replace(found, all_samples={**found.all_samples, **many}))).pres[-1].splitlines()
    assert head.split(",") == ["round", *found.all_samples, *many]
    assert {len(line.split(",")) for line in lines} == {len(head.split(","))}


def test_a_long_reason_is_cut_in_the_picture_and_whole_in_the_table() -> None:
    reason = f"accepted: {'because ' * 30}"
    plot = series_plot("w/s/jit time", "time", ["1", "2"], [0.01, 0.02], [(1, reason)])
    ((_, shown_text),) = plot.chart.drawn().marks
    assert len(shown_text) <= MOST_SIGNS
    assert plot.table.rows[1][2].text == reason
