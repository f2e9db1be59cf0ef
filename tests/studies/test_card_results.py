"""What the steps of a card wrote becomes one file of a kind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from studies.card_results import main


def test_results_of_all_steps_are_joined_and_a_half_written_one_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps, out = tmp_path / "steps", tmp_path / "out"
    steps.mkdir()
    out.mkdir()
    for name in ("a", "b"):
        (steps / f"{name}.benchmark.json").write_text(json.dumps({"version": 1, "benchmarks": [{"name": name}]}))
        (steps / f"{name}.junit.xml").write_text(f'<testsuites><testsuite name="pytest" tests="{name}"/></testsuites>')
        (steps / f"{name}.report.md").write_text(f"# {name}\n")
    (steps / "c.benchmark.json").write_text('{"benchmarks": [')
    (steps / "rounds" / "a").mkdir(parents=True)
    main(steps, out)
    joined = json.loads((out / "benchmark.json").read_text())
    assert joined == {"version": 1, "benchmarks": [{"name": "a", "step": "a"}, {"name": "b", "step": "b"}]}
    assert re.findall(r'name="(\w)" tests="(\w)"', (out / "junit.xml").read_text()) == [("a", "a"), ("b", "b")]
    assert "# a" in (out / "report.md").read_text()
    assert "c.benchmark.json is left out" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {"benchmark.json", "junit.xml", "report.md", "rounds.tar.gz"}
