"""Is the output still the right one?"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jitgate.model.accuracy import Accuracy, worst
from jitgate.model.non_finite import NonFinite
from jitgate.values import files
from jitgate.values.leaves import named_leaves
from jitgate.worker.accuracy import compare, distance, not_finite
from jitgate.worker.outputs import kept_leaves
from jitgate.workloads.sound import Sound

X = torch.tensor([3.0, 4.0])


def test_equal_outputs_have_no_distance() -> None:
    assert distance([X, torch.tensor([True]), "text"], [X.clone(), torch.tensor([True]), "text"]) == 0.0


@given(st.floats(min_value=1e-6, max_value=10.0))
def test_the_distance_is_relative_to_the_right_answer(factor: float) -> None:
    found = distance([X.double() * (1 + factor)], [X.double()])
    assert found == pytest.approx(factor, rel=1e-6)


def test_the_worst_leaf_counts() -> None:
    assert distance([X, X * 1.5], [X, X]) == pytest.approx(0.5)


def test_half_precision_is_compared_in_double() -> None:
    assert 0 < distance([(X / 3).half()], [X / 3]) < 1e-3


@pytest.mark.parametrize(
    ("found", "right"),
    [
        ([X], [X, X]),
        ([torch.tensor([3.0])], [X]),
        ([torch.tensor([3.0, math.nan])], [X]),
        ([torch.tensor([3.0, math.inf])], [X]),
        ([torch.tensor([1])], [torch.tensor([2])]),
        ([torch.tensor([True])], [torch.tensor([False])]),
        (["a"], ["b"]),
        ([X], ["b"]),
        ([X], [torch.zeros(2)]),
    ],
    ids=["count", "shape", "nan", "inf", "integers", "masks", "text", "kind", "right answer is zero"],
)
def test_what_can_not_be_a_rounding_error_is_infinitely_far(found: list[Any], right: list[Any]) -> None:
    assert distance(found, right) == math.inf


def test_zero_is_at_zero_from_zero() -> None:
    assert distance([torch.zeros(2)], [torch.zeros(2)]) == 0.0
    assert distance([torch.zeros(0)], [torch.zeros(0)]) == 0.0


def test_nan_and_inf_do_not_pass_where_the_right_answer_has_them_too() -> None:
    broken = torch.tensor([3.0, math.nan, math.inf])
    assert distance([broken], [broken.clone()]) == math.inf
    assert compare([broken], [broken.clone()]) == Accuracy(math.inf, math.inf, not_finite=2)
    assert not_finite([torch.tensor([1, 2]), "text", X, torch.tensor([complex(math.nan, 0)])]) == 1


@given(st.floats(min_value=-1e3, max_value=1e3), st.floats(min_value=1e-3, max_value=1e3))
def test_the_largest_gap_is_that_of_one_value(value: float, gap: float) -> None:
    right = torch.tensor([0.0, value, 5.0], dtype=torch.float64)
    found = right + torch.tensor([0.0, gap, -gap / 2], dtype=torch.float64)
    assert compare([found, torch.tensor([True])], [right, torch.tensor([True])]).max_abs == pytest.approx(gap)


def test_other_shapes_have_no_gap_to_measure() -> None:
    assert compare([X], [X, X]).max_abs == compare([X[:1]], [X]).max_abs == compare(["a"], [X]).max_abs == math.inf


def test_audio_metrics_are_of_the_leaf_that_is_a_sound() -> None:
    mel, other = torch.randn(1, 80, 5), torch.randn(3)
    found = compare([other, mel + 0.01], [other, mel], Sound.mel(leaf=1))
    assert found.log_mel_db == pytest.approx(0.01 * 20 / math.log(10), rel=1e-3)
    assert found.snr_db is not None
    assert not found.perceptual
    assert compare([other, mel], [other, mel]).log_mel_db is None
    assert compare([other], [other, mel], Sound.mel(leaf=1)).log_mel_db is None, "there is no such leaf"


def test_of_many_calls_the_worst_counts() -> None:
    found = worst(
        [
            Accuracy(1e-6, 0.5, 0, snr_db=120.0, log_mel_db=0.1, mr_stft=0.2),
            Accuracy(1e-3, 0.1, 2, snr_db=60.0, log_mel_db=0.05, mr_stft=0.3, perceptual=True),
        ]
    )
    assert found == Accuracy(1e-3, 0.5, 2, snr_db=60.0, log_mel_db=0.1, mr_stft=0.3, perceptual=True)
    assert worst([Accuracy(math.nan), Accuracy(0.0)]).rel_l2 == math.inf
    assert worst([Accuracy(0.0, snr_db=60.0), Accuracy(0.0)]).snr_db is None, "one of them could not be audio_metrics"


@given(st.lists(st.integers(0, 6560), min_size=1, max_size=8), st.data())
def test_one_id_that_differs_is_counted_and_infinitely_far_however_near_the_rest_is(
    ids: list[int], data: st.DataObject
) -> None:
    right = torch.tensor(ids)
    found = right.clone()
    places = data.draw(st.sets(st.integers(0, len(ids) - 1)))
    for place in places:
        found[place] += 1
    accuracy = compare([found, X], [right, X])
    assert (accuracy.integers, accuracy.unequal) == (len(ids), len(places))
    assert (accuracy.rel_l2 == math.inf) == bool(places)


def test_integers_of_another_shape_or_type_are_all_unequal() -> None:
    right = torch.tensor([1, 2])
    for found in ([right.int()], [right.reshape(2, 1)], [right.double()], ["text"], []):
        accuracy = compare(found, [right])
        assert (accuracy.rel_l2, accuracy.integers, accuracy.unequal) == (math.inf, 2, 2)
    masks = torch.tensor([True, False])
    assert compare([masks], [masks.clone()]).integers == 2
    assert compare([X], [X]) == Accuracy(0.0), "floating-point numbers are none"


def test_the_integers_of_many_calls_add_up() -> None:
    found = worst([Accuracy(0.0, integers=1), Accuracy(math.inf, integers=1, unequal=1), Accuracy(0.0, integers=1)])
    assert (found.integers, found.unequal) == (3, 1)


@pytest.mark.parametrize(
    ("found", "right", "words"),
    [
        (torch.zeros(1, 23744), torch.zeros(1, 24000), "24000 samples expected, 23744 found"),
        (torch.zeros(2, 3), torch.zeros(2, 4), "sizes (2, 4) expected, (2, 3) found"),
        (torch.zeros(2), {"a": torch.zeros(2)}["a"].int(), "torch.int32 expected, torch.float32 found"),
        (torch.zeros(2).to_sparse(), torch.zeros(2), "a tensor expected, a sparse_coo tensor found"),
        (torch.zeros(2), X, ""),
        (X, torch.zeros(2), "all values are 0, and up to 4 found"),
        ("no", "yes", "'yes' expected, 'no' found"),
        (1, 1.0, "a float expected, an int found"),
        (torch.tensor([1, 5]), torch.tensor([1, 2]), "2 expected at place 1, 5 found"),
        (np.array(["a"]), np.array(["b"]), "['b'] expected, ['a'] found"),
        (X.numpy(), X, "a tensor expected, an array found"),
        ({"a": X}, {"b": X}, ""),
        ({"a": X, "b": X[:1]}, {"b": X, "a": X}, "output['b']: sizes (2,) expected, (1,) found"),
        ([X], [X, X], "output[1]: missing (2 values expected, 1 found)"),
        ([X, 3], [X], "output[1]: not expected (1 value expected, 2 found)"),
    ],
)
def test_a_mismatch_names_leaf_sizes_types_and_values(found: Any, right: Any, words: str) -> None:
    assert compare(named_leaves(found), named_leaves(right)).mismatch == words


def test_a_text_is_the_same_by_another_class_and_a_tensor_of_onednn_gives_its_numbers(tmp_path: Path) -> None:
    class Name(str):
        __slots__ = ()

    right = kept_leaves((Name("yes"), X.to_mkldnn()))
    files.save(tmp_path / "right.pt", {"leaves": right}, "output")
    assert compare(right, files.load(tmp_path / "right.pt")["leaves"]) == Accuracy(0.0)
    assert compare([Name("yes")], ["no"]).mismatch


def test_a_masked_array_is_refused() -> None:
    with pytest.raises(TypeError, match="output is a MaskedArray of float64"):
        kept_leaves(np.ma.array([1.0, 2.0], mask=[False, True]))


def test_of_several_leaves_the_farthest_is_named() -> None:
    right = {"a": X, "b": [X, X[:1]]}
    found = {"a": X * 1.01, "b": [X * 1.1, X[:1]]}
    assert compare(named_leaves(found), named_leaves(right)).farthest == "output['b'][0]"
    assert compare(named_leaves(right), named_leaves(right)).farthest == ""
    assert compare(named_leaves(X * 2), named_leaves(X)).farthest == ""
    assert worst([Accuracy(0.1, farthest="a"), Accuracy(0.2, farthest="b"), Accuracy(0.0)]).farthest == "b"


def test_a_plain_float_has_a_distance_and_an_integer_has_none() -> None:
    assert compare([0.1 + 1e-9], [0.1]).rel_l2 == pytest.approx(1e-8)
    assert compare([1.5], [1]).rel_l2 == compare([2], [1]).rel_l2 == math.inf
    assert (compare([2, True], [1, True]).integers, compare([2, True], [1, True]).unequal) == (2, 1)


def test_complex_numbers_have_a_distance() -> None:
    right = torch.randn(3, dtype=torch.complex64)
    assert compare([right * (1 + 1e-6)], [right]).rel_l2 == pytest.approx(1e-6, rel=0.2)
    assert compare([right.conj()], [right]).rel_l2 > 0.01
    assert compare([torch.view_as_real(right)], [right]).mismatch


def test_equal_infinities_at_equal_places_can_be_right() -> None:
    right = torch.tensor([1.0, -math.inf, math.nan, math.inf])
    assert compare([right], [right]).not_finite == 3
    assert compare([right.clone()], [right], non_finite=NonFinite.EQUAL) == Accuracy(0.0)
    near = compare([right * (1 + 1e-3)], [right], non_finite=NonFinite.EQUAL)
    assert near.rel_l2 == pytest.approx(1e-3, rel=1e-3)
    for place, value in ((0, math.inf), (1, math.inf), (1, 0.0), (2, 1.0), (3, math.nan)):
        other = right.clone()
        other[place] = value
        found = compare([other], [right], non_finite=NonFinite.EQUAL)
        assert found.rel_l2 == math.inf
        assert found.mismatch == "output[0]: NaN or infinite values are not where eager has them (1 places)"


def test_a_sound_with_equal_infinities_has_its_metrics() -> None:
    mel = torch.randn(1, 80, 5)
    mel[0, 0] = -math.inf
    assert compare([mel], [mel], Sound.mel()).log_mel_db is None
    assert compare([mel], [mel], Sound.mel(), non_finite=NonFinite.EQUAL).log_mel_db == 0.0
