"""Progress: one line that replaces itself on a terminal, plain lines elsewhere."""

from jitgate.report.progress import REPEAT_S, TerminalProgress


class Paper:
    """Keeps what was written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str, *, flush: bool = False) -> None:
        self.text += text

    def line(self, text: str = "") -> None:
        self.text += text + "\n"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_in_a_log_the_same_work_is_said_once_and_again_after_a_while() -> None:
    paper, clock = Paper(), Clock()
    progress = TerminalProgress(paper, live=False, clock=clock)
    for elapsed in range(int(REPEAT_S) + 1):
        clock.now = float(elapsed)
        progress.busy(f"exporting (inductor), {elapsed} s")
    assert paper.text.splitlines() == [
        "jitgate: exporting (inductor), 0 s",
        f"jitgate: exporting (inductor), {REPEAT_S:.0f} s",
    ]


def test_in_a_log_other_work_is_said_at_once() -> None:
    paper = Paper()
    progress = TerminalProgress(paper, live=False, clock=Clock())
    progress.busy("importing torch")
    progress.busy("exporting")
    assert paper.text.splitlines() == ["jitgate: importing torch", "jitgate: exporting"]


def test_on_a_terminal_the_line_replaces_itself_and_leaves_nothing_behind() -> None:
    paper = Paper()
    progress = TerminalProgress(paper, live=True, clock=Clock())
    progress.busy("a long line of text")
    progress.busy("short")
    assert "\n" not in paper.text
    assert paper.text.endswith("\rjitgate: short" + " " * (len("a long line of text") - len("short")))
    progress.clear()
    assert paper.text.endswith("\r")


def test_a_note_stays_and_begins_on_a_line_of_its_own() -> None:
    paper = Paper()
    progress = TerminalProgress(paper, live=False, clock=Clock())
    progress.idle()
    paper.write("test_x.py .")
    progress.note("the cached artefact is damaged")
    assert paper.text == "test_x.py .\njitgate: the cached artefact is damaged\n"


def test_a_line_is_cut_to_the_terminal() -> None:
    paper = Paper()
    TerminalProgress(paper, live=True, width=20, clock=Clock()).busy("x" * 100)
    assert len(paper.text.strip("\r")) == 19
