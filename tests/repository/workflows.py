"""The workflow files of this repository, parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
STORE = ".jitgate/history.db"

TRIGGERS = {
    "tests": {"push", "pull_request", "merge_group", "workflow_dispatch"},
    "merge-gate": {"push", "pull_request", "merge_group"},
    "nightly-gpu": {"schedule", "workflow_dispatch"},
    "audit": {"schedule", "workflow_dispatch"},
    "comment": {"workflow_run"},
}
WRITES = "comment"
"""The one workflow that writes; it runs the default branch's code alone."""

PINNED = re.compile(r"uses: (?P<action>[\w.-]+/[\w./-]+)@(?P<commit>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)$")


@dataclass(frozen=True)
class Workflow:
    """One workflow file, as text and parsed."""

    name: str
    text: str
    tree: dict[Any, Any]

    @property
    def triggers(self) -> set[str]:
        """The events that start it. YAML 1.1 reads the key `on` as true."""
        return set(self.tree[True])

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        """Its jobs by id."""
        return dict(self.tree["jobs"])

    def steps(self) -> list[dict[str, Any]]:
        """The steps of all jobs."""
        return [step for job in self.jobs.values() for step in job["steps"]]

    def uses(self, action: str) -> list[dict[str, Any]]:
        """The steps that use `action`, whatever its version."""
        return [step for step in self.steps() if step.get("uses", "").startswith(f"{action}@")]


def load(name: str) -> Workflow:
    """The workflow of that file name."""
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    return Workflow(name, text, yaml.safe_load(text))
