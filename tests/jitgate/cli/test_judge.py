"""`jitgate judge`: answers, exit codes, and one sentence for bad input."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jitgate.cli.main import main

TRACE = Path(__file__).parents[3] / "perf" / "studies" / "data" / "small_t10_1thread_p1.csv"


def judge(path: Path, *more: str, slow: str = "slower_12pct", limit: str = "1.0") -> int:
    return main(["judge", str(path), "--baseline", "eager", "--candidate", slow, "--threshold", limit, *more])


@pytest.mark.parametrize(
    ("slow", "limit", "more", "code", "answer"),
    [
        ("slower_12pct", "0.80", [], 0, "PASS"),
        ("slower_12pct", "1.0", [], 1, "FAIL"),
        ("slower_12pct", "0.89", [], 2, "INCONCLUSIVE"),
        ("slower_3pct", "1.0", ["--control", "eager_twin"], 3, "INVALID"),
        ("torchscript", "1.10", ["--control", "eager_twin"], 0, "PASS"),
    ],
)
def test_answer_and_exit_code(
    capsys: pytest.CaptureFixture[str], slow: str, limit: str, more: list[str], code: int, answer: str
) -> None:
    assert judge(TRACE, *more, slow=slow, limit=limit) == code
    out = capsys.readouterr().out
    assert out.startswith(f"{answer}: ")


def test_json_has_what_a_reader_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(TRACE, "--control", "eager_twin", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"] == "FAIL"
    assert said["low"] < said["speedup"] < said["high"] < 1.0
    assert said["pairs"] == 300
    assert 10 <= said["pairs_to_decide"] <= 100
    assert said["noise_floor"] >= 0.02
    assert 0 < said["mde"] < 0.2
    assert said["reason"].endswith(".")


def test_json_has_null_where_nothing_can_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "few.csv"
    path.write_text("eager,slower_12pct\n0.1,0.2\n0.1,0.21\n")
    assert judge(path, "--json") == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["high"], said["mde"], said["pairs_to_decide"]) == (None, None, None)


def test_quotes_blank_lines_and_a_byte_order_mark_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.csv"
    rows = "".join(f'"{0.1 + n / 1000}",{0.2 + n / 500}\r\n\r\n' for n in range(20))
    path.write_bytes(("\ufeff" + "eager, slower_12pct\r\n" + rows).encode())
    assert judge(path, "--json") == 1
    assert json.loads(capsys.readouterr().out)["pairs"] == 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"eager,slower_12pct\n", "has no rounds"),
        (b"eager,other\n1,2\n", "has no column 'slower_12pct'; it has eager, other"),
        (b"eager,eager,slower_12pct\n1,2,3\n", "several columns named 'eager'"),
        (b"eager,slower_12pct\n1,2\n1,x\n", "line 3 (round 2), column 'slower_12pct': 'x' is not a number"),
        (b"eager,slower_12pct\n1,2\n1,\n", "line 3 (round 2), column 'slower_12pct': the figure is missing"),
        (b"eager,slower_12pct\n1,2\n1\n", "line 3 (round 2) has 1 figures, but the first line names 2"),
        (b"eager,slower_12pct\n1,2\n1,nan\n", "line 3 (round 2), column 'slower_12pct': nan is not a duration"),
        (b"eager,slower_12pct\n1,2\n0,1\n", "line 3 (round 2), column 'eager': 0 is not a duration"),
        (b"eager,slower_12pct\n1,2\n1,-3\n", "-3 is not a duration"),
        (b"eager,slower_12pct\n1,2\n1,1e300\n", "candidate, round 2: 1e+300 s, but a duration"),
        (b"\xff\xfe\x00eager", "not a CSV file in UTF-8"),
        (b"eager,slower_12pct\n1,2\n\xff\xfe,1\n", "not a CSV file in UTF-8"),
    ],
)
def test_bad_files_get_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    assert judge(path) == 4
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--threshold", "-1"], "--threshold must be a positive number"),
        (["--threshold", "nan"], "--threshold must be a positive number"),
        (["--alpha", "2"], "--alpha must lie between 0 and 1"),
        (["--candidate", "eager"], "--baseline and --candidate both name 'eager'"),
        (["--control", "eager"], "--baseline and --control both name 'eager'"),
    ],
)
def test_contradictory_options_get_one_sentence(capsys: pytest.CaptureFixture[str], more: list[str], said: str) -> None:
    assert judge(TRACE, *more) == 4
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["judge"], ["nonsense"], ["judge", "x.csv", "--threshold", "fast"]])
def test_bad_command_lines_get_one_sentence(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 4
    assert capsys.readouterr().err.count("\n") == 1


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(tmp_path / "none.csv") == 4
    assert "none.csv can't be read" in capsys.readouterr().err


ROWS = [(0.11 + n / 1e5, 0.1 + n / 2e5) for n in range(20)]


def written(path: Path, separator: str = ",", scale: float = 1.0, names: str = "eager,slower_12pct") -> Path:
    lines = [names, *(f"{scale * one:.9g},{scale * other:.9g}" for one, other in ROWS)]
    path.write_text("\n".join(lines).replace(",", separator) + "\n")
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_usual_separator_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str], separator: str) -> None:
    assert judge(written(tmp_path / "a.csv", separator), "--json", limit="1.05") == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 20


@pytest.mark.parametrize(("unit", "scale"), [("s", 1.0), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_a_unit_changes_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str], unit: str, scale: float) -> None:
    assert judge(written(tmp_path / "a.csv", scale=scale), "--json", "--unit", unit, limit="1.05") == 0
    assert json.loads(capsys.readouterr().out)["speedup"] == pytest.approx(1.1, rel=0.01)


def test_a_higher_rate_is_faster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(written(tmp_path / "a.csv", scale=1e3), "--rate", "--json", limit="1.05") == 1
    assert json.loads(capsys.readouterr().out)["speedup"] == pytest.approx(1 / 1.1, rel=0.01)
    assert judge(written(tmp_path / "a.csv", scale=1e3), "--rate", "--unit", "ms", limit="0.9") == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "eager,slower_12pct\n100,125\n101,126\n",
            "a round of 'slower_12pct' would take 125.5 s, which is unusual; say",
        ),
        (
            "eager,slower_12pct\n0.11,100\n0.11,100\n",
            "'slower_12pct' are 909.1 times those of 'eager': are both in one",
        ),
        ("eager\tslower_12pct\n100\t0.11\n", "'eager' are 909.1 times those of 'slower_12pct'"),
        (
            "n,variant,s\n0,eager,0.11\n0,slower_12pct,0.1\n",
            "has a line for each figure, with 'eager' in it: write one",
        ),
        ('{"benchmarks": []}', "is JSON, and this reads CSV: write one line a round and one column an arm"),
        ("[\n1]", "is JSON"),
        ("eager;slower_12pct\n0,11;0,1\n", "'0,11' is not a number; every round needs a positive number"),
        (
            "eager,slower_12pct\n110 ms,100 ms\n",
            "'110 ms' is not a number; every round needs a positive number for every",
        ),
    ],
)
def test_what_are_hardly_seconds_is_doubted_and_what_is_no_table_is_shown_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(content)
    assert judge(path) == 4
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "said"), [("slower_ms", "sounds like ms"), ("tok/s", "sounds like a rate"), ("fps", "sounds like a rate")]
)
def test_a_column_that_names_another_unit_is_doubted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    path = written(tmp_path / "a.csv", names=f"eager,{name}")
    assert judge(path, slow=name) == 4
    assert said in capsys.readouterr().err
    assert judge(path, "--unit", "s", slow=name, limit="1.05") == 0


def test_generate_is_no_rate(tmp_path: Path) -> None:
    assert judge(written(tmp_path / "a.csv", names="eager,generate"), slow="generate", limit="1.05") == 0


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200)
    | st.binary(max_size=80).map(lambda rest: b"eager,slower_12pct\n" + rest)
    | st.text('0123456789.,;\t\n\r"eE-+ ', max_size=80).map(lambda rest: b"eager;slower_12pct\n" + rest.encode())
)
def test_no_bytes_end_in_a_traceback(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_bytes(content)
        assert judge(path) in (0, 1, 2, 3, 4)


def test_many_rows_are_read_the_fast_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "many.csv"
    values = np.exp(np.random.default_rng(0).normal(-3, 0.05, (20_000, 2)))
    np.savetxt(path, values, delimiter=",", header="eager,slower_12pct", comments="", fmt="%.9f")
    assert judge(path, "--json") == 2
    said = json.loads(capsys.readouterr().out)
    assert said["pairs"] == 20_000
    assert said["speedup"] == pytest.approx(1.0, abs=0.002)
