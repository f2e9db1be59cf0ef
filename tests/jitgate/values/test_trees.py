"""Whatever a model takes or returns: saved, loaded, signed and compared, leaf by leaf."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jitgate.model.non_finite import NonFinite
from jitgate.values import files
from jitgate.values.leaves import mapped, named_leaves, walk
from jitgate.values.tensors import bytes_of, kept, numbers, tensors_in
from jitgate.worker.accuracy import compare
from jitgate.worker.content import placed, shapes, signature

from tests.jitgate.values.strategies import ANY, CONTAINERS, EXACT, NUMBERS, Foo, Wrapper, leaf_of, trees

many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
pytestmark = pytest.mark.filterwarnings("ignore")  # torch's own, of quantised, sparse and nested tensors


def again(tree: Any, folder: Path) -> Any:
    path = folder / "tree.pt"
    files.save(path, [tree], "input")
    return files.load(path)[0]


def inexact(leaf: Any) -> bool:
    """Whether it is a floating-point or complex leaf with values."""
    values = numbers(leaf)
    return values is not None and (values.is_floating_point() or values.is_complex()) and values.numel() > 0


def scaled(leaf: Any, factor: float) -> Any:
    """A leaf of the same kind, whose numbers are larger; what has no distance stays."""
    if not inexact(leaf):
        return leaf
    if isinstance(leaf, torch.Tensor):
        return leaf.detach().to(torch.complex128 if leaf.is_complex() else torch.float64) * factor
    return leaf * factor if isinstance(leaf, np.ndarray) else type(leaf)(leaf * factor)


def class_of(tree: Any) -> type:
    """What a copy of it is: of what trains, a tensor like any other."""
    return torch.Tensor if type(tree) is torch.nn.Parameter else type(tree)


@many
@given(ANY)
def test_a_tree_survives_its_file_and_is_equal_to_itself(tmp_path: Path, tree: Any) -> None:
    found = again(tree, tmp_path)
    assert type(found) is class_of(tree)
    assert list(named_leaves(found)) == list(named_leaves(tree))
    accuracy = compare(named_leaves(found), named_leaves(tree))
    assert (accuracy.rel_l2, accuracy.unequal, accuracy.mismatch) == (0.0, 0, "")
    assert (signature((found,)), shapes((found,))) == (signature((tree,)), shapes((tree,)))
    assert bytes_of(tensors_in(found)) == bytes_of(tensors_in(tree))


@many
@given(ANY)
def test_what_is_not_changed_stays_the_same_object_and_a_copy_is_equal(tree: Any) -> None:
    assert mapped(lambda leaf: leaf, tree) is tree
    assert placed((tree,), "cpu")[0] is tree
    copy = mapped(kept, tree)
    assert type(copy) is class_of(tree)
    assert compare(named_leaves(copy), named_leaves(tree)).mismatch == ""


@many
@given(trees(leaf_of(NUMBERS)), st.floats(1e-6, 1e-1))
def test_a_tree_changed_by_a_little_is_that_far(tree: Any, little: float) -> None:
    right = {path: scaled(leaf, 1.0) for path, leaf in named_leaves(tree).items()}  # fp8 could not hold the change
    found = {path: scaled(leaf, 1 + little) for path, leaf in right.items()}
    accuracy = compare(found, right)
    assert accuracy.mismatch == ""
    if any(map(inexact, right.values())):
        assert accuracy.rel_l2 == pytest.approx(little, rel=1e-2, abs=2e-7)  # the scalars have 24 bits


@many
@given(trees(leaf_of(NUMBERS)), st.data())
def test_a_nan_is_found_wherever_it_is(tree: Any, data: st.DataObject) -> None:
    right = named_leaves(tree)
    places = [path for path, leaf in right.items() if inexact(leaf)]
    assume(places)
    broken = dict(right)
    path = data.draw(st.sampled_from(places))
    broken[path] = scaled(right[path], math.nan)
    accuracy = compare(broken, right)
    assert accuracy.rel_l2 == math.inf
    assert accuracy.not_finite > 0
    same = compare(broken, broken, non_finite=NonFinite.EQUAL)
    assert (same.rel_l2, same.not_finite, same.mismatch) == (0.0, 0, "")


@many
@given(trees(st.one_of(leaf_of(EXACT), st.just(Foo))), st.sampled_from(sorted(CONTAINERS)))
def test_what_can_not_be_taken_is_named_with_its_path(tmp_path: Path, tree: Any, kind: str) -> None:
    whole = (tree, CONTAINERS[kind]([Foo()]))
    path = next(path for path, leaf in walk(whole, "output") if isinstance(leaf, Foo))
    words = f"{path} is a Foo; register it with torch.utils._pytree or return tensors"
    for attempt in (lambda: named_leaves(whole), lambda: files.save(tmp_path / "x.pt", [whole], "output")):
        with pytest.raises(TypeError) as raised:
            attempt()
        assert str(raised.value) == words


def test_a_value_that_contains_itself_and_a_class_that_no_other_process_has_are_refused(tmp_path: Path) -> None:
    wrapped = Wrapper(torch.ones(2))
    endless: list[Any] = [1]
    endless.append(endless)
    with pytest.raises(TypeError, match=r"^output\[1\] is a list that contains itself"):
        named_leaves(endless)

    with pytest.raises(TypeError, match=r"^output is a Tensor on the meta device, which has no values; "):
        named_leaves(torch.empty(2, device="meta"))

    words = "^output is a Wrapper; give its class __tensor_flatten__ and __tensor_unflatten__, or return plain tensors"
    for attempt in (lambda: named_leaves(wrapped), lambda: files.save(tmp_path / "x.pt", [wrapped], "output")):
        with pytest.raises(TypeError, match=words):
            attempt()

    from dataclasses import dataclass

    @dataclass
    class Local:
        x: int

    with pytest.raises(TypeError, match=r"^input\[0\] is a Local, and .*<locals>.Local can't be imported by another"):
        files.save(tmp_path / "x.pt", [[Local(1)]], "input")


def test_outputs_of_transformers_keep_their_names_and_classes(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    from transformers.modeling_outputs import BaseModelOutputWithPast

    cache = transformers.DynamicCache()
    cache.update(torch.randn(1, 2, 3, 4), torch.randn(1, 2, 3, 4), 0)
    output = BaseModelOutputWithPast(last_hidden_state=torch.randn(2), past_key_values=cache)
    named = named_leaves(output)
    assert list(named)[:2] == ["output.last_hidden_state", "output.past_key_values.layers[0].keys"]
    found = again({"x": output, "batch": transformers.BatchEncoding({"input_ids": torch.ones(2)})}, tmp_path)
    assert type(found["batch"]) is transformers.BatchEncoding
    assert type(found["x"].past_key_values) is transformers.DynamicCache
    assert compare(named_leaves(found["x"]), named).rel_l2 == 0.0


def test_a_cache_in_another_precision_is_compared_by_its_numbers() -> None:
    transformers = pytest.importorskip("transformers")
    caches = [transformers.DynamicCache() for _ in range(2)]
    values = torch.randn(1, 2, 3, 4)
    for cache, kind in zip(caches, (torch.float32, torch.bfloat16), strict=True):
        cache.update(values.to(kind), values.to(kind), 0)
    right, found = map(named_leaves, caches)
    assert 1e-4 < compare(found, right).rel_l2 < 1e-2
