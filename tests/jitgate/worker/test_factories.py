"""A factory's own words reach the user as they are; what else goes wrong in it is said to be its fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from jitgate.model.errors import Unavailable, UsageError
from jitgate.worker.factories import build_workload


def test_what_is_missing_is_said_by_the_factory_itself() -> None:
    with pytest.raises(Unavailable, match=r"^the model needs a flux capacitor; install one$"):
        build_workload("tests.jitgate.pool.models:lacking_factory", "here")


def test_any_other_error_is_the_factorys() -> None:
    with pytest.raises(UsageError, match=r"^here: factory '.*:raising_factory' failed \(FileNotFoundError: weights.pt"):
        build_workload("tests.jitgate.pool.models:raising_factory", "here")


def test_the_lines_that_led_to_the_error_are_named() -> None:
    with pytest.raises(UsageError, match=r"weights.pt\) at .*models.py:\d+ in raising_factory$"):
        build_workload("tests.jitgate.pool.models:raising_factory", "here")


def test_code_that_python_made_is_no_line_of_the_factory() -> None:
    with pytest.raises(UsageError, match=r"does not fit Linear.forward: .*\) at .*models.py:\d+ in misfit_factory$"):
        build_workload("tests.jitgate.pool.models:misfit_factory", "here")


def test_a_factory_that_takes_arguments_has_no_line_of_ours() -> None:
    with pytest.raises(UsageError, match=r"missing 1 required positional argument: 'first'\)$"):
        build_workload("tests.jitgate.pool.models:demanding_factory", "here")


def test_a_model_is_no_factory() -> None:
    with pytest.raises(UsageError, match=r":NET' is a Linear itself; write a function that returns jitgate.Workload"):
        build_workload("tests.jitgate.pool.models:NET", "here")


def test_too_little_memory_is_no_fault_of_the_factory() -> None:
    with pytest.raises(MemoryError, match="Unable to allocate"):
        build_workload("tests.jitgate.pool.models:starved_factory", "here")


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        (
            "leaving_factory",
            r"\(SystemExit \(no weights\): it called sys.exit; .*\) at .*models.py:\d+ in leaving_factory$",
        ),
        ("interrupted_factory", r"\(KeyboardInterrupt: .*\) at .*models.py:\d+ in interrupted_factory$"),
        (
            "translating_factory",
            r"\(ValueError: no such size, because KeyError: 'hidden'\) at .*models.py:\d+ in translating_factory$",
        ),
    ],
)
def test_whatever_ends_a_factory_is_named_with_its_line(factory: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        build_workload(f"tests.jitgate.pool.models:{factory}", "here")


def test_a_module_that_ends_the_process_as_it_is_imported_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_script_of_mine.py").write_text("import sys\nsys.exit(main() if False else 'usage: train')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match=r"can't be imported \(SystemExit \(usage: train\): .*a_script_of_mine.py:2"):
        build_workload("a_script_of_mine:work", "here")
