"""What takes more than one session, or another user: rows that point to this repository's own tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from studies.faults.fault import OK, Fault, Session

TESTS = Path(__file__).parents[3] / "tests"


def no_tests() -> str:
    """A wheel has none."""
    return "" if TESTS.is_dir() else "the tests of the repository are not here"


def not_root() -> str:
    """To become another user takes root."""
    return no_tests() or ("" if sys.platform != "win32" and os.geteuid() == 0 else "it takes root to be another user")


def _tried(
    part: str, file: str, test: str, rows: tuple[tuple[str, str, str], ...], lacks: Callable[[], str] = no_tests
) -> list[Fault]:
    """A row for each of: what is done, the parameters of the test, what it looks for."""
    session = Session(file, tests=(f"tests/{file}",), lacks=lacks)
    return [
        Fault(part, what, session, OK, says, test=f"tests/{file}::{test}" + (f"[{which}]" if which else ""))
        for what, which, says in rows
    ]


CHEATS = _tried(
    *("A", "jitgate/plugin/test_cheats.py", "test_a_cheat_is_invalid_and_named"),
    (
        ("a variant keeps the answer to the example", "stored", "a stored answer"),
        ("a variant caches its first answer", "first_answer", "a stored answer"),
        ("a variant caches by the address of its input", "by_address", "timed calls"),
        ("a thread goes on after the call", "later", "timed call"),
        ("a thread goes on, and whoever looks waits", "waited_for", "a thread of its own works on"),
        ("an output computes when somebody looks", "made_when_seen", "somebody looks at it"),
        ("a tensor subclass computes when somebody looks", "lazy", "Lazy[16,64], and eager gives Tensor[16,64]"),
        ("a variant looks at the call stack", "looks_at_the_stack", "a stored answer"),
        ("a variant is right in every compared call and skips the rest", "counts", "a stored answer"),
        ("a variant skips every other call", "sometimes", "timed calls"),
        ("NaN in the 37th call only", "one_nan", "one of its calls gave NaN or Inf"),
        ("a variant replaces time.perf_counter_ns", "slow_clock", "it replaced time.perf_counter_ns"),
        ("a variant replaces the clock for one reading a call", "slow_clock_inside", "by the host's clock"),
        ("a variant replaces the reader of outputs", "friendly_reader", "it replaced jitgate.worker.outputs.read"),
    ),
)

LATE = _tried(
    *("A", "jitgate/plugin/test_late_cheats.py", "test_a_late_cheat_is_invalid_and_named"),
    (
        ("a mode makes a plain tensor's values when an operator asks", "by_mode", "a stored answer"),
        ("a variant computes where its inputs are made", "peeks_at_inputs", "it replaced torch.mul"),
        ("a variant edits the times of its calls", "shortens_its_times", "it replaced the durations of its calls"),
        ("in bfloat16, every fifth answer is the one before", "skips_in_half", "the very answer of the call before"),
        ("a variant looks answers up by their first hundred values", "by_first_values", "a stored answer"),
        ("a container of torch's pytree computes when it comes apart", "registered", "when somebody looks at it"),
    ),
)

FIXED = _tried(
    *("A", "jitgate/plugin/test_fixed_cheats.py", "test_a_stored_answer_is_invalid_and_named"),
    (
        ("a stored answer, where inputs must stay", "unchanging-first_answer", "(a stored answer)"),
        ("it knows the example, where inputs must stay", "unchanging-knows_the_example", "the answer is stored"),
        ("a part is stored, where inputs must stay", "unchanging-partly_stored", "part of the answer is stored"),
        ("faster than the device's peak", "of_number-first_answer", "measured peak allows"),
        ("a stored choice that hardly changes", "choosing-first_answer", "measured peak allows"),
    ),
)

BY_OTHERS = _tried(
    *("D", "faults/test_other_user.py", "test_another_user_does_not_get_in"),
    (
        ("another user makes the lock folder first", "occupies_the_lock_folder", "the run takes its lock"),
        ("another user links the lock folder to a file", "points_the_lock_folder_at_a_file", "the file is whole"),
        ("another user links a lock to a file", "points_a_lock_at_a_file", "others may write in it"),
        ("another user holds the lock", "holds_the_victims_lock", "permission denied"),
        ("another user puts an artefact into an open cache", "puts_an_artefact_into_an_open_cache", "not believed"),
        ("another user makes the cache first", "puts_an_artefact_into_a_cache_of_its_own", "not believed"),
        ("another user replaces an artefact", "replaces_a_file_of_the_cache", "permission denied"),
        ("another user reads or plants the key", "reads_or_plants_the_key", "permission denied"),
    ),
    lacks=not_root,
)

YAML = _tried(
    *("D", "jitgate_cosyvoice/checkout/test_allowed.py", "test_nothing_of_a_yaml_with_the_weights_is_executed"),
    (
        ("a yaml runs a command", "!apply:os.system ['touch {file}']", "nothing is executed; one sentence"),
        ("a yaml starts a process", "!new:subprocess.Popen [['touch', '{file}']]", "nothing is executed; one sentence"),
        ("a yaml names a function of Python", "!name:os.system", "nothing is executed; one sentence"),
        (
            "a yaml has a tag of PyYAML's",
            "!!python/object/apply:os.system ['touch {file}']",
            "nothing is executed; one sentence",
        ),
    ),
)

LOGS = [
    *_tried(
        *("D", "faults/test_log.py", "test_nothing_hostile_reaches_the_log_of_a_run_raw"),
        (
            ("::commands and escape sequences in output, errors and reasons", "verbosity0", "each line is inert"),
            ("the same with -vv -rA --tb=long", "verbosity1", "each line is inert"),
        ),
    ),
    *_tried(
        *("D", "faults/test_log.py", "test_nothing_hostile_on_the_command_line_reaches_the_log_raw"),
        (("::commands on the command line", "--jitgate-select", "each line is inert"),),
    ),
]

SUPPLY = [
    *_tried(
        *("D", "repository/test_workflows.py", "test_each_line_of_the_lock_has_a_version_and_a_digest"),
        (("an installed package of CI without a digest", "", "each line has one"),),
    ),
]

SWEPT = _tried(
    *("B", "jitgate/pool/test_run_folder.py", "test_the_folder_of_a_killed_run_goes_and_that_of_a_living_one_stays"),
    (("the temporary folder of a killed run", "", "the next run removes it"),),
)

TESTED = [*CHEATS, *LATE, *FIXED, *SWEPT, *BY_OTHERS, *YAML, *LOGS, *SUPPLY]
