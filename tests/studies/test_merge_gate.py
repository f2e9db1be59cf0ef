"""The study of the merge gate: what it says of rounds that are known, and that its sessions can be taken up again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from studies.merge_gate import __main__ as command
from studies.merge_gate.judged import RIVALS, columns, false_alarms, outcomes, power, recorded
from studies.merge_gate.sessions import Session


def made(slower: float = 0.0, *, verdict: str = "PASS", rounds: int = 60, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    base, head, control = 0.006 * np.exp(rng.normal(0.0, 0.004, (3, rounds)))
    found = zip(base.tolist(), (head * (1 + slower)).tolist(), control.tolist(), strict=True)
    return Session("quiet", seed, "eager", 0.0, 0.03, verdict, "", 0.5, 20.0, 10.0, tuple(found)).as_json()


@pytest.mark.parametrize("name", RIVALS)
def test_every_rule_sees_a_slowdown_of_a_third_and_none_in_equal_columns(name: str) -> None:
    base, head, _ = columns(made(0.33))
    assert RIVALS[name](base, head)
    assert not RIVALS[name](base, base.copy())


def test_the_table_counts_sessions_by_regime() -> None:
    sessions = [made(seed=1), made(seed=2), {**made(0.3, verdict="FAIL", seed=3), "regime": "busy"}]
    lines = list(false_alarms(sessions, 0.03))
    assert lines[0] == "| rule | quiet | busy | all |"
    assert lines[2] == "| max_slowdown (FAIL, confirmed) | 0 of 2 | 1 of 1 | 1 of 3 |"
    assert lines[3].endswith("| 0 of 2 | 1 of 1 | 1 of 3 |")
    assert outcomes(sessions) == "PASS 2, FAIL 1"


def test_a_planted_slowdown_is_found_and_none_is_not() -> None:
    sessions = [made(seed=seed, rounds=520) for seed in range(4)]
    assert power(sessions, 0.10, 0.03, 120.0, draws=5) == 5
    assert power(sessions, 0.0, 0.03, 120.0, draws=5) == 0


def test_nothing_is_drawn_from_sessions_of_few_rounds() -> None:
    assert power([made(rounds=20)], 0.10, 0.03, 120.0, draws=5) == 0


def test_the_document_tells_equal_commits_from_planted_ones(tmp_path: Path) -> None:
    path, out = tmp_path / "sessions.jsonl", tmp_path / "study.md"
    sessions = [made(seed=1, rounds=520), {**made(0.1, verdict="FAIL", seed=2), "slower": 0.1, "took_s": 41.0}]
    path.write_text("".join(json.dumps(each) + "\n" for each in sessions), encoding="utf-8")
    assert command.main(["document", "--file", str(path), "--out", str(out)]) == 0
    said = out.read_text(encoding="utf-8")
    assert "| max_slowdown (FAIL, confirmed) | 0 of 1 | 0 of 1 |" in said
    assert "| quiet | eager | 1 | 520 | PASS 1 |" in said
    assert "| +10% | 1 | FAIL 1 | 41 | 41 |" in said
    assert "| +10% | 3.0% | 2 min | 100 of 100 |" in said


def test_a_false_alarm_among_few_equal_commits_ends_with_exit_code_1(tmp_path: Path) -> None:
    path = tmp_path / "sessions.jsonl"
    path.write_text(json.dumps(made(verdict="FAIL")) + "\n", encoding="utf-8")
    assert command.main(["document", "--file", str(path), "--out", str(tmp_path / "study.md")]) == 1


def test_recording_is_taken_up_where_it_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def session(name: str, number: int, **_: object) -> Session:
        asked.append((name, number))
        return Session(name, number, "eager", 0.0, 0.03, "PASS", "", 0.5, 20.0, 3.0, ((0.006, 0.006, 0.006),) * 12)

    monkeypatch.setattr(command, "session", session)
    monkeypatch.setattr("os.nice", _nothing(), raising=False)
    path = tmp_path / "sessions.jsonl"
    path.write_text(json.dumps({**made(), "regime": "busy", "number": 1}) + "\n", encoding="utf-8")
    command.main(["record", "--sessions", "4", "--file", str(path)])
    assert asked == [("quiet", 0), ("memory", 2), ("quiet", 3)]
    assert len(recorded(path)) == 4


def _nothing() -> Callable[[int], int]:
    return lambda _: 0
