"""The sample of timed outputs: which calls are kept, how they are compared, and what is said of them."""

from __future__ import annotations

import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jitgate.model.probe_baseline import EagerProbe
from jitgate.model.turn import Turn
from jitgate.pool.output_audit import OPEN_TURNS, OutputAudit
from jitgate.pool.output_sample import OutputSample, gap, hash_of
from jitgate.worker.kept_outputs import packed, write_arrays

from tests.jitgate.pool.audits import COUNT, Answer, audited, found, noisy, right, take

HUGE = (
    b"\x93NUMPY\x01\x00v\x00"
    + b"{'descr': '<f8', 'fortran_order': False, 'shape': (9000000000000000,), }".ljust(117)
    + b"\n"
)


def test_right_outputs_are_right(tmp_path: Path) -> None:
    seen = found(audited(tmp_path, right))
    assert (seen.compared, seen.problem, seen.differs) == (8, "", 0.0)


@pytest.mark.parametrize(("precision", "tolerance", "share"), [("fp32", 1e-4, 1e-5), ("int8", 0.1, 0.1)])
def test_rough_outputs_are_right_within_their_precision(
    tmp_path: Path, precision: str, tolerance: float, share: float
) -> None:
    assert found(audited(tmp_path, noisy(share)), precision, tolerance).problem == ""


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_stored_answer_is_called_one(tmp_path: Path, precision: str) -> None:
    problem = found(audited(tmp_path, lambda number: right(0)), precision, 0.1).problem
    assert problem.startswith("its output is the same in every timed call that was looked at (a stored answer)")


def test_the_answer_of_the_call_before_is_not_made_of_these_inputs(tmp_path: Path) -> None:
    problem = found(audited(tmp_path, lambda number: right(number - 1)), "bf16", 0.05).problem
    assert problem.startswith("its output is not made of its inputs")


def test_one_wrong_output_is_enough_in_float32(tmp_path: Path) -> None:
    wrong = iter([right(99)])
    problem = found(audited(tmp_path, lambda number: next(wrong, right(number)))).problem
    assert problem.startswith("the output of 1 of 8 timed calls is not eager's for the same inputs (relative L2 error")


def test_a_few_other_ids_are_a_choice_that_turned_at_a_rounding_and_many_are_wrong(tmp_path: Path) -> None:
    few = audited(tmp_path, lambda number: right(number).round().astype(int) + (number < COUNT))
    assert "timed calls is not eager's" in found(few).problem, "these are not even integers in eager"

    def ids(number: int) -> np.ndarray:
        return right(number).round().astype(int)

    audit = OutputAudit(tmp_path, random.Random(0))
    for start in range(0, 8 * COUNT, COUNT):
        take(audit, "eager", ids, start)
        take(audit, "mine", lambda number: ids(number) + (number < COUNT), start)
    assert found(audit).problem == ""


def test_nan_in_one_call_that_was_not_kept_is_seen(tmp_path: Path) -> None:
    assert found(audited(tmp_path, right, not_finite=(3,))).problem.startswith("one of its calls gave NaN or Inf")


def test_nan_where_eager_was_not_looked_at_accuses_nobody(tmp_path: Path) -> None:
    """Looking has its share of the time: of another call of eager's nothing is known, and it may give NaN as well."""
    assert found(audited(tmp_path, right, not_finite=(1 << 20,))).problem == ""


def test_sizes_of_a_call_in_which_eager_was_not_looked_at_accuse_nobody(tmp_path: Path) -> None:
    assert found(audited(tmp_path, right, seen={"Tensor[4,60]": (1 << 20,)})).problem == ""


def test_an_output_that_holds_the_infinities_of_eager_follows_its_inputs(tmp_path: Path) -> None:
    def masked(number: int) -> np.ndarray:
        scores = right(number)
        scores[:, ::4] = -np.inf
        return scores

    audit = OutputAudit(tmp_path, random.Random(0))
    for start in range(0, 8 * COUNT, COUNT):
        for name in ("eager", "mine"):
            take(audit, name, masked, start)
    assert found(audit).problem == ""


def test_a_subclass_that_eager_does_not_give_is_named(tmp_path: Path) -> None:
    problem = found(audited(tmp_path, right, seen={"my.Lazy[4,50]": (0,)})).problem
    assert problem == "a timed call gave my.Lazy[4,50], and eager gives Tensor[4,50]"


def test_where_distances_do_not_count_it_must_still_follow_its_inputs(tmp_path: Path) -> None:
    assert found(audited(tmp_path, noisy(0.5)), strict=False).problem == ""
    assert "stored answer" in found(audited(tmp_path, lambda number: right(0)), strict=False).problem


@pytest.mark.parametrize("content", [b"", b"PK", 3, HUGE])
def test_content_that_is_none_is_no_right_output(tmp_path: Path, content: bytes) -> None:
    audit = OutputAudit(tmp_path, random.Random(0))
    for start in range(0, 8 * COUNT, COUNT):
        take(audit, "eager", right, start)
        keep = audit.keep("short", start, COUNT)
        audit.note("mine", "short", Turn((1000,) * COUNT, (), kept=dict.fromkeys(keep, content)), keep, 60.0)
    assert (found(audit).compared, bool(found(audit).problem)) == (8, True)


def test_small_outputs_come_without_a_file(tmp_path: Path) -> None:
    audit = OutputAudit(tmp_path, random.Random(0))
    for start in range(0, 8 * COUNT, COUNT):
        for name in ("eager", "mine"):
            keep = audit.keep("short", start, COUNT)
            turn = Turn((1000,) * COUNT, (), kept={number: packed([right(number)]) for number in keep})
            audit.note(name, "short", turn, keep, 60.0)
    assert (found(audit).compared, found(audit).problem, list(tmp_path.iterdir())) == (8, "", [])


def test_a_call_that_was_not_asked_for_is_none(tmp_path: Path) -> None:
    audit = OutputAudit(tmp_path)
    audit.note("mine", "short", Turn((1000,), (), kept={7: packed([right(0)])}), {}, 60.0)
    assert found(audit).compared == 0


@pytest.mark.parametrize("content", [b"", b"PK", pickle.dumps({"a": 1}), b"\x93NUMPY\x01\x00\xff\xff", HUGE])
def test_a_file_that_is_none_is_no_right_output(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = write_arrays

    def write(path: Path, arrays: list[np.ndarray]) -> None:
        path.write_bytes(content) if arrays[0].size == 1 else real(path, arrays)

    monkeypatch.setattr("tests.jitgate.pool.audits.write_arrays", write)
    seen = found(audited(tmp_path, lambda number: 3))
    assert seen.compared == 8
    assert seen.problem


@pytest.mark.parametrize("seed", range(20))
def test_a_slow_worker_that_makes_two_calls_is_compared_too(tmp_path: Path, seed: int) -> None:
    audit = OutputAudit(tmp_path, random.Random(seed))
    for start in range(0, 8 * 60, 60):
        for name, count in (("eager", 60), ("mine", 2)):
            keep = audit.keep("short", start, count)
            for number, path in keep.items():
                write_arrays(path, [right(number)])
            audit.note(name, "short", Turn((1000,) * count, (), kept=dict.fromkeys(keep)), keep, 60.0)
    assert found(audit).compared >= 1


@pytest.mark.parametrize(("kept", "turns"), [(0, 1), (0, 3), (1, 8)])
def test_a_worker_that_keeps_no_outputs_is_not_believed(tmp_path: Path, kept: int, turns: int) -> None:
    audit = OutputAudit(tmp_path, random.Random(0))
    for number in range(turns):
        for name in ("eager", "mine"):
            nothing: dict[str, Any] = {"kept": {}} if name == "mine" and number >= kept else {}
            take(audit, name, right, number * COUNT, **nothing)
    assert found(audit).problem == f"{kept} of {turns} timed outputs that were to be compared with eager's could be"


def test_files_do_not_pile_up(tmp_path: Path) -> None:
    audited(tmp_path, right, turns=100)
    assert len(list(tmp_path.iterdir())) <= OPEN_TURNS + 1


def test_values_without_a_right_number_do_not_count() -> None:
    one, other = np.array([1.0, np.nan, 2.0]), np.array([1.0, np.inf, 2.0])
    assert gap(OutputSample((one,), (False,)), OutputSample((other,), (False,))).rel_l2 == 0.0
    assert gap(OutputSample((one,), (False,)), OutputSample((np.ones(3),), (False,))).lost == 1


def test_texts_are_compared_as_a_whole() -> None:
    assert hash_of("str a long sentence") != hash_of("str a long word")


def test_large_integers_are_compared_as_a_whole(tmp_path: Path) -> None:
    for name, number in (("one", 0), ("other", 1)):
        write_arrays(tmp_path / name, [np.array([number + (1 << 60), 3])])
    one, other = (OutputSample.read(tmp_path / name) for name in ("one", "other"))
    assert gap(one, other).unequal == 1


def test_outputs_that_follow_their_inputs_prove_that_they_are_computed(tmp_path: Path) -> None:
    audit = audited(tmp_path, right)
    assert "inputs that came before: eager was not asked for others" in found(audit).unproven
    audit.fixed["short"] = ""
    audit.probes["short"] = EagerProbe(few=24)
    assert found(audit).unproven == "calls get inputs that came before: there are only 24 different inputs"
    del audit.probes["short"]
    assert found(audit).unproven == ""


def test_an_output_that_is_always_the_same_proves_nothing(tmp_path: Path) -> None:
    audit = OutputAudit(tmp_path, random.Random(0))
    audit.fixed["short"] = ""
    for start in range(0, 8 * COUNT, COUNT):
        for name in ("eager", "mine"):
            take(audit, name, lambda number: np.array([3]), start)
    assert found(audit).problem == ""
    assert found(audit).unproven.startswith("eager's output is the same for other inputs")


def with_others(folder: Path, answer: Answer, other_ns: int) -> OutputAudit:
    """Timed calls of 1000 ns with one input, and then some with others."""
    audit = OutputAudit(folder, random.Random(0))
    audit.fixed["short"] = "the workload says so (fixed_inputs)"
    for start in range(0, 8 * COUNT, COUNT):
        for name in ("eager", "mine"):
            take(audit, name, lambda number: right(0), start)
    with audit.others():
        for start in range(1 << 30, (1 << 30) + 3 * COUNT, COUNT):
            for name, taken, ns in (("eager", right, 1100), ("mine", answer, other_ns)):
                keep = audit.keep("short", start, COUNT)
                for number, path in keep.items():
                    write_arrays(path, [np.asarray(taken(number))])
                audit.note(name, "short", Turn((ns,) * COUNT, (), kept=dict.fromkeys(keep)), keep, 60.0)
    return audit


def test_fixed_inputs_are_proven_by_calls_with_others(tmp_path: Path) -> None:
    seen = found(with_others(tmp_path, right, 1900))
    assert (seen.problem, seen.unproven) == ("", "")


def test_a_stored_answer_to_fixed_inputs_is_found_with_others(tmp_path: Path) -> None:
    assert "(a stored answer)" in found(with_others(tmp_path, lambda number: right(0), 1000)).problem


def test_a_variant_that_is_faster_with_what_it_knows_is_found(tmp_path: Path) -> None:
    problem = found(with_others(tmp_path, right, 5000)).problem
    assert problem.startswith("with other values of the same sizes its calls take 5.0 times as long as the timed ones")
    assert problem.endswith("part of the answer is stored")


def test_other_values_are_asked_for_where_eager_takes_them(tmp_path: Path) -> None:
    audit = OutputAudit(tmp_path)
    audit.probes = {
        "fixed": EagerProbe(fixed="so"),
        "raises": EagerProbe(fixed="so", others=False),
        "free": EagerProbe(),
    }
    assert [audit.takes_others(name) for name in (*audit.probes, "unknown")] == [True, False, False, False]
    assert not audit.request("fixed", 0, 2).forgiving
    with audit.others():
        assert audit.request("fixed", 2, 2).forgiving


def test_inputs_change_only_where_eager_was_asked(tmp_path: Path) -> None:
    audit = OutputAudit(tmp_path)
    audit.seed = 7
    assert audit.input_seed("short") is None
    audit.fixed |= {"short": "", "long": "eager raised ValueError for other values"}
    assert [audit.input_seed(name) for name in ("short", "long")] == [7, None]
