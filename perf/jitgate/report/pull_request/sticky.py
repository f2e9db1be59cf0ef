"""Keeps one comment on a pull request: `python -m jitgate.report.pull_request.sticky`, in a job of `workflow_run`.

That job has a token, and runs the default branch's code. What the measured run left is data: which pull request it is
about, and whether it succeeded, GitHub itself says; the rest is read from an artefact, checked, and made inert. Exit
code 0: the comment is up to date, or an older run has nothing to say. 1: what the run left was not believed, and the
comment says so. 4: bad input.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jitgate.model.printable import encodable, printable
from jitgate.report.pull_request.comment import comment
from jitgate.report.pull_request.data import STATES, NotBelieved, RunForReview, read
from jitgate.report.pull_request.github import GitHub

ARTEFACT = re.compile(r"jitgate-pull-request-(?P<title>[a-z0-9]{1,20})-(?P<attempt>[0-9]{1,4})")
"""Name of an artefact: one for each job that measures, and each attempt."""

MARKER = re.compile(r"<!-- jitgate run=(?P<run>\d+) attempt=(?P<attempt>\d+) -->")

BOT = "github-actions[bot]"
"""Whose comments are ours: anyone can write a comment with the marker in it."""

NOTHING_RAN = ("action_required", "skipped")
"""Conclusions of a run that waits for approval, or had no job to run."""

SUCCESS, LARGEST_PACKED_BYTES = "success", 4 << 20

MOST_ARTEFACTS = 20
"""Of a run: no workflow has as many jobs that measure, and what a stranger's job uploads is read whole."""

BAD_INPUT = 4


@dataclass(frozen=True)
class WorkflowRun:
    """The measured run, as GitHub's event has it. owner, branch: where its commit comes from."""

    run_id: int
    attempt: int
    sha: str
    owner: str
    branch: str
    conclusion: str
    url: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> WorkflowRun:
        """KeyError or TypeError for an event of another kind."""
        run = event["workflow_run"]
        fork = run["head_repository"]  # null where it has been deleted meanwhile: no pull request is open from it then
        owner = fork["owner"]["login"] if fork else ""
        names = (run["head_sha"], owner, run["head_branch"], run["conclusion"], run["html_url"])
        return cls(int(run["id"]), int(run["run_attempt"]), *map(str, names))


def keep(github: GitHub, run: WorkflowRun) -> int:
    """Write or renew the comment of each pull request whose newest commit the run measured; returns the exit code."""
    if run.conclusion in NOTHING_RAN:
        _say(f"the run was not started ({run.conclusion}): nothing to say")
        return 0
    pulls = [pull["number"] for pull in github.open_pulls(run.owner, run.branch) if pull["head"]["sha"] == run.sha]
    if not pulls:
        _say(f"{run.sha} is not the newest commit of an open pull request: nothing to say")
        return 0
    code = 0
    try:
        found = found_of(github, run)
    except NotBelieved as problem:
        found, code = _not_believed(str(problem)), 1
    footer = f"Of [this run]({run.url}), for {run.sha[:12]}. <!-- jitgate run={run.run_id} attempt={run.attempt} -->"
    for number in pulls:
        _stick(github, number, run, comment(found, footer))
    _say(found.headline)
    return code


def found_of(github: GitHub, run: WorkflowRun) -> RunForReview:
    """What all jobs of the run left, as one. Raises `NotBelieved` where one of them is not, or contradicts GitHub."""
    newest: dict[str, tuple[int, int]] = {}
    for each in github.pages(f"/actions/runs/{run.run_id}/artifacts", within="artifacts"):
        named = ARTEFACT.fullmatch(each["name"])
        if named is None or each.get("expired"):
            continue
        attempt = int(named["attempt"])
        if each["size_in_bytes"] > LARGEST_PACKED_BYTES:
            raise NotBelieved("an artefact is too large")
        if attempt <= run.attempt:
            newest[named["title"]] = max(newest.get(named["title"], (0, 0)), (attempt, int(each["id"])))
    if len(newest) > MOST_ARTEFACTS:
        raise NotBelieved(f"it left more than {MOST_ARTEFACTS} artefacts")
    runs = {title: read(github.artefact(identity)) for title, (_, identity) in sorted(newest.items())}
    if not runs:
        raise NotBelieved("it left none")
    joined = _joined(runs)
    if joined.exit_code == 0 and run.conclusion != SUCCESS:
        raise NotBelieved(f"it says {joined.state}, and the job ended with {run.conclusion}")
    if joined.exit_code != 0 and run.conclusion == SUCCESS:
        raise NotBelieved(f"it says {joined.state}, and the job ended with success")
    return joined


def _joined(runs: Mapping[str, RunForReview]) -> RunForReview:
    """The headline of the worst. Rows of all, each with its job's name where there are several."""
    worst = min(runs.values(), key=lambda each: STATES.index(each.state))
    rows = [
        replace(row, cell=f"{title}: {row.cell}" if len(runs) > 1 else row.cell)
        for title, each in runs.items()
        for row in each.rows
    ]
    left: Counter[str] = Counter()
    for each in runs.values():
        left.update(each.left_off)
    return replace(worst, rows=tuple(rows), left_off=dict(left))


def _not_believed(why: str) -> RunForReview:
    headline = f"STOPPED: the results of this run can't be believed: {why}."
    return RunForReview(1, "STOPPED", headline, "See the job's log; this is not green.", "", (), {})


def _stick(github: GitHub, number: int, run: WorkflowRun, body: str) -> None:
    ours = [
        (each["id"], marked)
        for each in github.pages(f"/issues/{number}/comments")
        if (each.get("user") or {}).get("login") == BOT and (marked := _marker(str(each.get("body"))))
    ]
    mine = (run.run_id, run.attempt)
    if any(marked > mine for _, marked in ours):
        _say(f"#{number} has a comment of a later run already")
        return
    if not ours:
        github.ask("POST", f"/issues/{number}/comments", {"body": body})
        return
    github.ask("PATCH", f"/issues/comments/{ours[0][0]}", {"body": body})
    for identity, _ in ours[1:]:  # two runs that ended at once each wrote one
        github.ask("DELETE", f"/issues/comments/{identity}")


def _marker(body: str) -> tuple[int, int] | None:
    """Of the last line, which is ours: what stands above it is text of others."""
    found = MARKER.search(body.rstrip().rpartition("\n")[2])
    return None if found is None else (int(found["run"]), int(found["attempt"]))


def _say(text: str) -> None:
    sys.stdout.write(encodable(f"{printable(text)}\n", sys.stdout.encoding))


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Run with what GitHub's runner gives; returns the exit code."""
    try:
        event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        run = WorkflowRun.of(event)
        github = GitHub(environment["GITHUB_API_URL"], environment["GITHUB_REPOSITORY"], environment["GITHUB_TOKEN"])
    except (KeyError, TypeError, ValueError, OSError) as problem:
        sys.stderr.write(
            printable(f"this is for a job of workflow_run, with GITHUB_TOKEN in its environment: {problem!r}\n")
        )
        return BAD_INPUT
    return keep(github, run)


if __name__ == "__main__":
    sys.exit(main())
