"""Every row of `studies.faults`: a fault, the session it is done to, and what must be true of it afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from studies.faults.fault import Fault
from studies.faults.run import forget, problems, run
from studies.faults.table import FAULTS


@pytest.fixture(scope="module", autouse=True)
def swept() -> Iterator[None]:
    """The folders of sessions are kept as long as rows may look at them."""
    yield
    for session in {fault.session for fault in FAULTS}:
        forget(session)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if not fault.test], ids=lambda fault: fault.name)
def test_a_fault_is_red_where_it_must_be_said_and_leaves_nothing(fault: Fault) -> None:
    ran = run(fault.session)
    if ran.lacks:
        pytest.skip(ran.lacks)
    assert problems(fault, ran) == [], ran.output[-8000:]


def test_the_matrix_has_every_part_and_no_row_twice() -> None:
    assert Counter(fault.name for fault in FAULTS).most_common(1)[0][1] == 1
    assert {fault.part for fault in FAULTS} == {"A", "B", "C", "D", "holds"}
    assert len(FAULTS) >= 60


def test_the_tests_that_rows_point_to_exist() -> None:
    root = Path(__file__).parents[2]
    for fault in FAULTS:
        file, _, name = fault.test.partition("::")
        if file:
            assert fault.session.tests == (file,)
            assert f"def {name.partition('[')[0]}(" in (root / file).read_text(encoding="utf-8"), fault.name


def test_sessions_of_one_name_are_one_session() -> None:
    """Rows share a session by its value: two of one name would run under it in turn."""
    sessions = {fault.session for fault in FAULTS}
    assert len({session.name for session in sessions}) == len(sessions)
