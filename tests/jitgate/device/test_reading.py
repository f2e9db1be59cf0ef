"""A reading is a value or the reason for none."""

from jitgate.device.load import Load
from jitgate.device.reading import Missing, attempt, both, each, known, plain, reasons


def fails() -> int:
    raise OSError("no such device")


def test_only_the_named_errors_are_a_missing_reading() -> None:
    assert attempt(lambda: 3, OSError) == 3
    assert attempt(fails, OSError) == Missing("no such device")
    assert attempt(fails, OSError, why="no sensor") == Missing("no sensor: no such device")
    assert attempt(lambda: None, OSError, why="no battery") == Missing("no battery")
    try:
        attempt(fails, ValueError)
    except OSError:
        return
    raise AssertionError("a programming error must not look like a missing reading")


def test_a_missing_reading_stays_missing_and_is_null_in_json() -> None:
    gone = Missing("no sensor")
    assert each(gone, lambda value: value + 1) is gone
    assert each(2, lambda value: value + 1) == 3
    assert both(1, 2, max) == 2
    assert both(gone, 2, max) is both(1, gone, max) is both(gone, Missing("later"), max) is gone
    assert (known(gone), known(0)) == (None, 0)
    assert str(gone) == "not available here: no sensor"
    assert plain({"a": gone, "b": (1, gone), "c": {"d": gone}}) == {"a": None, "b": [1, None], "c": {"d": None}}


def test_json_has_null_and_the_reason_beside_it() -> None:
    seen = {"host": Load(0.5, 1.0, Missing("only Linux"), 8, 4, False), "cards": ({"ecc": Missing("Not Supported")},)}
    found = plain(seen)
    assert (found["host"]["steal_percent"], found["host"]["load_1m"]) == (None, 0.5)
    assert found["cards"] == [{"ecc": None}]
    assert reasons(seen) == {"host.steal_percent": "only Linux", "cards.0.ecc": "Not Supported"}
