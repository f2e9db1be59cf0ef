"""`accepted.toml`: what was written is read again; what is unknown, too loose or without a reason is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from jitgate.history.accepted import Accepted, read_accepted, retirement
from jitgate.model.errors import UsageError

ENTRY = Accepted(
    "my.encoder/short/jit/time", 'a "safer" kernel\\', 0.2, 0.21, "c1", "A Person", "i-1", "w-1", date(2027, 3, 1)
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    file = read_accepted(tmp_path / "perf" / "accepted.toml")
    file.add(ENTRY.as_toml())
    file.add(retirement("my.encoder/*", "gone"))
    again = read_accepted(file.path)
    assert again.entries == (ENTRY,)
    assert [each.pattern for each in again.retired] == ["my.encoder/*"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('reason = " "', "needs a reason"),
        ('up_to = "60%"', "is too loose"),
        ('up_to = "10%"', "is too small"),
        ('series = "my.encoder"', "must be WORKLOAD/SCENARIO/VARIANT/METRIC"),
        ('expires = "soon"', "must be a day"),
        ('change = "much"', "must be a share"),
        ("surprise = 1", "there is no 'surprise'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, line: str, said: str) -> None:
    name = line.split(" =", maxsplit=1)[0]
    known = [each for each in ENTRY.as_toml().splitlines() if not each.startswith(f"{name} ")]
    path = tmp_path / "accepted.toml"
    path.write_text("\n".join([*known, line]) + "\n")
    with pytest.raises(UsageError, match=said):
        read_accepted(path)


def test_an_entry_about_nothing_is_refused(tmp_path: Path) -> None:
    file = read_accepted(tmp_path / "accepted.toml")
    file.add(ENTRY.as_toml())
    read_accepted(file.path).refuse_unknown(["my.encoder/short/jit/time"])
    with pytest.raises(UsageError, match="matches no series"):
        read_accepted(file.path).refuse_unknown(["my.encoder/brief/jit/time"])
