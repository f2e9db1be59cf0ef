"""Names, output and reasons of others: whatever is in them, nothing reads it as more than text."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from jitgate.model.name import name_problem
from jitgate.model.printable import printable
from jitgate.report.decision import Ending
from jitgate.report.formats import Json, Markdown
from jitgate.report.pull_request.annotations import MOST, commands
from jitgate.report.pull_request.comment import comment, note, summary
from jitgate.report.pull_request.data import OUTCOMES, RunForReview, read, written
from jitgate.report.pull_request.made import for_review
from jitgate.report.summary import summary as terminal
from markdown_it import MarkdownIt

from tests.jitgate.report.html.pages import NASTY, nasty_results, nasty_run

UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, directions, halves of pairs: a reader would not see them, or see the rest in another order."""

OWN_HTML = re.compile(r"</?code>|</?details>|<summary>[\d,]+ more, the worst first</summary>")
ESCAPED = re.compile(r"\\[^\w\s]")


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and content of all that a reader of Markdown makes of `text`."""
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        yield token.type, token.content
        for child in token.children or ():
            yield child.type, child.content


def columns(text: str) -> list[set[int]]:
    """Of each table: how many columns its rows have."""
    found: list[set[int]] = []
    before = ""
    for line in text.splitlines():
        if line.startswith("| "):
            if not before.startswith("| "):
                found.append(set())
            found[-1].add(ESCAPED.sub("", line).count("|"))
        before = line
    return found


@pytest.fixture(scope="module")
def review() -> RunForReview:
    return read(written(for_review(nasty_results(), Ending(1), None)).encode())


def test_a_document_holds_text_alone() -> None:
    text = Markdown().render(nasty_results(), nasty_run())
    kinds = Counter(kind for kind, _ in tokens(text))
    assert not set(kinds) & {"html_block", "html_inline", "link_open", "image", "fence", "code_block", "hr", "s_open"}
    assert kinds["heading_open"] == 1 + len(NASTY)
    assert kinds["code_inline"] == 1, "the command alone"
    assert all(len(widths) == 1 for widths in columns(text))
    assert not UNSEEN.search(text.replace("\n", ""))
    assert text.encode()
    shown = " ".join(content for kind, content in tokens(text) if kind == "text")
    for name in NASTY:
        assert printable(" ".join(name.split())) in shown


@pytest.mark.parametrize("made", [comment, summary])
def test_a_comment_and_a_step_summary_hold_text_and_their_own_tags(made: object, review: RunForReview) -> None:
    text = made(review)  # type: ignore[operator]
    kinds = {kind for kind, _ in tokens(text)}
    assert not kinds & {"link_open", "image", "fence", "code_block", "code_inline", "hr", "heading_open", "s_open"}
    for kind, content in tokens(text):
        if kind.startswith("html"):
            assert OWN_HTML.sub("", content).strip() == ""
    assert all(len(widths) == 1 for widths in columns(text))
    assert not UNSEEN.search(text.replace("\n", ""))
    assert "@" not in text.replace("<code>@</code>", "")


def test_a_note_of_gitlab_begins_no_line_with_text_of_others(review: RunForReview) -> None:
    first, fence, *rows, end, _ = note(review).splitlines()
    assert first.startswith("RED: of ")
    assert (fence, end) == ("```", "```")
    assert {row.split(" ")[0] for row in rows} <= set(OUTCOMES)
    assert not any("`" in row or UNSEEN.search(row) for row in rows)


def test_annotations_are_commands_of_ours_alone(review: RunForReview) -> None:
    lines = commands(review)
    assert len(lines) == MOST
    for line in lines:
        assert re.match(r"::(error|warning)( title=[^:,]*)?::", line)
        assert not UNSEEN.search(line)


def test_the_terminal_gets_no_command_and_no_escape() -> None:
    for line in map(printable, terminal(nasty_results(), Ending(1), verbose=True)):
        assert not UNSEEN.search(line.replace("\n", ""))
        assert not any(part.lstrip().startswith("::") for part in line.splitlines())


def test_data_is_ascii_and_read_again() -> None:
    text = Json().render(nasty_results(), nasty_run())
    assert text.isascii()
    assert {cell["workload"] for cell in json.loads(text)["cells"]} == {f"w{name}" for name in NASTY}


@pytest.mark.parametrize("name", NASTY)
def test_no_table_can_give_such_a_name(name: str) -> None:
    assert name_problem(name)
