"""One comment, of the newest commit, made of data that strangers may have written."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from jitgate.report.pull_request.data import written
from jitgate.report.pull_request.github import MEMBER
from jitgate.report.pull_request.sticky import BAD_INPUT, main

from tests.jitgate.report.pull_request.fake_github import BOT, FakeGitHub, packed, serving
from tests.jitgate.report.pull_request.made_runs import HOSTILE, row, run_of

NEW, OLD = "a" * 40, "b" * 40
GREEN, RED = run_of(row()), run_of(row("FAIL", "worst"), row())
ROOT = Path(__file__).parents[4]


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with serving(FakeGitHub(NEW)) as fake:
        yield fake


@pytest.fixture
def ended(github: FakeGitHub, tmp_path: Path) -> Ended:
    return Ended(github, tmp_path)


class Ended:
    """A measured run has ended: GitHub starts the job that comments."""

    def __init__(self, github: FakeGitHub, folder: Path) -> None:
        self._github = github
        self._event = folder / "event.json"

    def environment(self, run: int, attempt: int, sha: str, conclusion: str) -> dict[str, str]:
        workflow_run = {
            "id": run,
            "run_attempt": attempt,
            "head_sha": sha,
            "head_branch": "fix",
            "head_repository": {"owner": {"login": "stranger"}},
            "conclusion": conclusion,
            "html_url": f"https://github.com/o/r/actions/runs/{run}",
        }
        self._event.write_text(json.dumps({"workflow_run": workflow_run}))
        own = {"GITHUB_EVENT_PATH": str(self._event), "GITHUB_API_URL": self._github.url}
        return {**own, "GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "secret"}

    def __call__(self, run: int = 1, attempt: int = 1, sha: str = NEW, conclusion: str = "success") -> int:
        return main(self.environment(run, attempt, sha, conclusion))


def leave(github: FakeGitHub, content: str | bytes, run: int = 1, attempt: int = 1, title: str = "cpu") -> None:
    text = content.encode() if isinstance(content, str) else content
    github.artefacts[run, f"jitgate-pull-request-{title}-{attempt}"] = packed(text)


def test_the_first_run_writes_the_comment(github: FakeGitHub, ended: Ended) -> None:
    leave(github, written(RED))
    assert ended(conclusion="failure") == 0
    (found,) = github.comments
    assert found["body"].startswith("**RED: of 2 gates 1 failed.** Do this.\n")
    assert "| FAIL | worst |" in found["body"]
    assert "for aaaaaaaaaaaa. <!-- jitgate run=1 attempt=1 -->" in found["body"]
    assert github.tokens == {"Bearer secret"}


def test_a_re_run_renews_the_same_comment(github: FakeGitHub, ended: Ended) -> None:
    leave(github, written(RED))
    ended(conclusion="failure")
    leave(github, written(GREEN), attempt=2)
    assert ended(attempt=2) == 0
    (found,) = github.comments
    assert found["body"].startswith("**GREEN")
    assert "attempt=2" in found["body"]


def test_a_newer_commit_renews_it_and_an_older_ones_re_run_does_not(
    github: FakeGitHub, ended: Ended, capsys: pytest.CaptureFixture[str]
) -> None:
    leave(github, written(GREEN), run=1)
    github.head = OLD
    ended(1, sha=OLD)
    github.head = NEW
    leave(github, written(RED), run=2)
    ended(2, sha=NEW, conclusion="failure")
    (found,) = github.comments
    before = found["body"]
    assert before.startswith("**RED")

    leave(github, written(GREEN), run=1, attempt=2)
    assert ended(1, attempt=2, sha=OLD) == 0
    assert github.comments[0]["body"] == before
    assert "is not the newest commit of an open pull request" in capsys.readouterr().out


def test_a_first_attempt_that_is_late_does_not_overwrite_the_second(github: FakeGitHub, ended: Ended) -> None:
    leave(github, written(RED), attempt=1)
    leave(github, written(GREEN), attempt=2)
    ended(attempt=2)
    assert ended(attempt=1, conclusion="failure") == 0
    assert github.comments[0]["body"].startswith("**GREEN")


def test_comments_of_others_are_left_alone_also_those_with_the_marker(github: FakeGitHub, ended: Ended) -> None:
    marker = "<!-- jitgate run=99999 attempt=1 -->"
    github.comments += [{"id": n, "user": {"login": "stranger"}, "body": f"GREEN\n{marker}"} for n in range(150)]
    github.comments += [{"id": 500, "user": None, "body": marker}, {"id": 501, "user": BOT, "body": "of another tool"}]
    leave(github, written(RED))
    assert ended(conclusion="failure") == 0
    assert ended(conclusion="failure") == 0
    assert len(github.comments) == 153
    assert github.comments[-1]["body"].startswith("**RED")


def test_two_comments_of_two_runs_that_ended_at_once_become_one(github: FakeGitHub, ended: Ended) -> None:
    github.comments += [{"id": n, "user": BOT, "body": f"x\n<!-- jitgate run={n} attempt=1 -->"} for n in (1, 2)]
    leave(github, written(GREEN), run=3)
    ended(3)
    (found,) = github.comments
    assert "run=3" in found["body"]


def test_jobs_of_one_run_share_the_comment_and_one_red_one_is_its_headline(github: FakeGitHub, ended: Ended) -> None:
    leave(github, written(GREEN), title="cpu")
    leave(github, written(RED), title="gpu", attempt=1)
    leave(github, written(RED), title="gpu", attempt=2)
    ended(attempt=2, conclusion="failure")
    body = github.comments[0]["body"]
    assert body.startswith("**RED")
    assert "| FAIL | gpu: worst |" in body
    assert body.count("| PASS | cpu: ") == 1


def test_a_job_that_judged_nothing_is_told_before_one_that_is_green(github: FakeGitHub, ended: Ended) -> None:
    nothing = replace(GREEN, state="NOT GATED", headline="NOT GATED: no gate was judged.", rows=())
    leave(github, written(GREEN), title="cpu")
    leave(github, written(nothing), title="gpu")
    assert ended() == 0
    assert github.comments[0]["body"].startswith("**NOT GATED: no gate was judged.**")
    leave(github, written(RED), title="tpu")
    assert ended(conclusion="failure") == 0
    assert github.comments[0]["body"].startswith("**RED")


def zip_of(*names: str, content: bytes = b"{}") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return file.getvalue()


FORGED = {
    "another conclusion": (packed(written(GREEN).encode()), "failure", "it says GREEN, and the job ended with failure"),
    "a red success": (packed(written(RED).encode()), "success", "it says RED, and the job ended with success"),
    "green and red": (packed(written(RED).replace("RED", "GREEN").encode()), "success", "its state is not that of its"),
    "no JSON": (packed(b"<script>"), "success", "it is not JSON"),
    "other files": (zip_of(MEMBER, "../../x"), "success", "the artefact holds other files"),
    "a path": (zip_of(f"../{MEMBER}"), "success", "the artefact holds other files"),
    "no zip": (b"PK" + b"x" * 100, "success", "the artefact is no zip that can be read"),
    "a bomb": (zip_of(MEMBER, content=b" " * (64 << 20)), "success", "it is larger than 4194304 bytes"),
    "oversized": (packed(b"") + b"\0" * (5 << 20), "success", "an artefact is too large"),
}


@pytest.mark.parametrize("kind", FORGED)
def test_what_is_forged_or_oversized_is_said_and_replaces_what_was_green(
    github: FakeGitHub, ended: Ended, kind: str
) -> None:
    leave(github, written(GREEN), run=1)
    ended(1)
    content, conclusion, why = FORGED[kind]
    github.artefacts[2, "jitgate-pull-request-cpu-1"] = content
    assert ended(2, conclusion=conclusion) == 1
    (found,) = github.comments
    assert found["body"].startswith(f"**STOPPED: the results of this run can't be believed: {why}")
    assert "GREEN\\:" not in found["body"]


def test_a_size_that_is_told_wrong_is_found_when_it_is_read(github: FakeGitHub, ended: Ended) -> None:
    github.artefacts[1, "jitgate-pull-request-cpu-1"] = packed(b"") + b"\0" * (5 << 20)
    github.told_size = 100
    assert ended() == 1
    assert "it is larger than" in github.comments[0]["body"]


def test_a_run_that_left_nothing_is_not_green(github: FakeGitHub, ended: Ended) -> None:
    github.artefacts[1, "jitgate-pull-request-../x-1"] = b""
    assert ended(conclusion="success") == 1
    assert github.comments[0]["body"].startswith("**STOPPED: ")


def test_a_run_that_waits_for_approval_says_nothing(github: FakeGitHub, ended: Ended) -> None:
    assert ended(conclusion="action_required") == 0
    assert not github.comments
    assert not github.asked


@pytest.mark.parametrize("text", HOSTILE[:12])
def test_names_in_the_artefact_do_nothing_in_the_comment(github: FakeGitHub, ended: Ended, text: str) -> None:
    leave(github, written(run_of(row("FAIL", text[:200], sentence=text[:600]))))
    ended(conclusion="failure")
    body = github.comments[0]["body"]
    assert "@everyone" not in body
    assert "<script" not in body.replace("\\<script", "")
    assert body.count("<!--") == body.count("\\<!--".replace("!", "\\!")) + 1


def test_an_event_of_another_kind_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "event.json").write_text("{}")
    assert main({"GITHUB_EVENT_PATH": str(tmp_path / "event.json")}) == BAD_INPUT
    assert "this is for a job of workflow_run" in capsys.readouterr().err


def test_the_job_with_the_token_needs_the_standard_library_alone(github: FakeGitHub, ended: Ended) -> None:
    leave(github, written(GREEN))
    environment = {**ended.environment(1, 1, NEW, "success"), "PYTHONPATH": str(ROOT / "perf")}
    command = [sys.executable, "-S", "-m", "jitgate.report.pull_request.sticky"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert github.comments[0]["body"].startswith("**GREEN")


def damaged(method: int) -> bytes:
    """A zip whose directory is right, and whose compressed file is not."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(MEMBER, written(GREEN))
    found = bytearray(file.getvalue())
    begin = 30 + len(MEMBER)
    found[begin : begin + 40] = b"\xff" * 40
    return bytes(found)


def misnamed() -> bytes:
    """A zip that says its file's name is UTF-8, which it is not."""
    whole = packed(written(GREEN).encode(), "\u00e4" * 8 + ".json")
    return whole.replace("\u00e4".encode(), b"\xff\xff")


@pytest.mark.parametrize(
    "content",
    [damaged(zipfile.ZIP_DEFLATED), damaged(zipfile.ZIP_BZIP2), damaged(zipfile.ZIP_LZMA), misnamed(), b"PK\x05\x06"],
    ids=["deflate", "bzip2", "lzma", "name", "short"],
)
def test_a_damaged_zip_is_said_in_the_comment_and_raises_nothing(
    github: FakeGitHub, ended: Ended, content: bytes
) -> None:
    leave(github, written(GREEN))
    assert ended(1) == 0
    github.artefacts[2, "jitgate-pull-request-cpu-1"] = content
    assert ended(2) == 1
    (found,) = github.comments
    assert found["body"].startswith("**STOPPED: the results of this run can't be believed: the artefact is no zip")


def test_more_artefacts_than_a_workflow_has_jobs_are_not_read(github: FakeGitHub, ended: Ended) -> None:
    for number in range(21):
        leave(github, written(GREEN), title=f"job{number}")
    assert ended() == 1
    assert "left more than 20 artefacts" in github.comments[0]["body"]
    assert not [path for _, path in github.asked if path.endswith("/zip")]


def test_of_two_jobs_that_are_not_green_the_worse_one_is_the_headline(github: FakeGitHub, ended: Ended) -> None:
    waiting = replace(RED, state="UNDECIDED", headline="UNDECIDED (not green): of 2 gates 1 is INCONCLUSIVE.")
    leave(github, written(waiting), title="cpu")
    leave(github, written(RED), title="gpu")
    assert ended(conclusion="failure") == 0
    assert github.comments[0]["body"].startswith("**RED: ")
