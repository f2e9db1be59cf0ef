"""What `--jitgate-model` and `--jitgate-input` may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.model.errors import UsageError
from jitgate.model.own_model import InputSpec
from jitgate.workloads.own_model import DTYPES, own_model, parse_input, scenario_name, workload_name

NAMES = st.from_regex(r"[a-z][a-z_]{0,9}", fullmatch=True)
RANGES = st.tuples(st.integers(-99, 99), st.integers(0, 99)).map(lambda pair: (pair[0], sum(pair)))


@given(
    NAMES,
    st.lists(st.integers(0, 999), min_size=1, max_size=4),
    st.sampled_from(DTYPES),
    st.none() | RANGES,
)
def test_an_input_is_read_as_it_is_spelled(
    name: str, sizes: list[int], dtype: str, limits: tuple[int, int] | None
) -> None:
    spec = InputSpec(name, tuple(sizes), dtype, *(limits or ()))
    assert parse_input(spec.spelled) == spec


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("steps=8:int", InputSpec("steps", None, "int", 8)),
        ("scale=1.5:float", InputSpec("scale", None, "float", 1.5)),
        ("deterministic=true", InputSpec("deterministic", None, "bool", 1)),
        ("mask=1:bool", InputSpec("mask", (1,), "bool")),
    ],
)
def test_plain_values(text: str, spec: InputSpec) -> None:
    assert parse_input(text) == spec
    assert parse_input(spec.spelled) == spec


def test_an_input_can_be_left_out() -> None:
    own = own_model("bert", ["labels=none", "input_ids=1x8:int64"], Path("/there"), shrink=False)
    assert own.without == ("labels",)
    assert [each.name for each in own.inputs] == ["input_ids"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input_ids", "is not NAME=SIZES:DTYPE"),
        ("input_ids=1x128", "is not NAME=SIZES:DTYPE"),
        ("input_ids=1x128:int46", "did you mean int64?"),
        ("input_ids=1x128:int64:9..3", "the range ends below its begin"),
    ],
)
def test_what_is_no_input_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")) as error:
        parse_input(text)
    assert text in str(error.value)
    assert "\n" not in str(error.value)


def test_an_input_that_is_given_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="given twice"):
        own_model("bert", ["a=1:int64", "a=2:int64"], Path(), shrink=False)


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("bert", "bert"),
        ("google-bert/bert-base-uncased", "bert-base-uncased"),
        ("mine.models:encoder", "mine.models.encoder"),
        ("models/net.py:make", "net.make"),
        (r"C:\models\net.py:make", "net.make"),
        ("./checkpoints/run 3/", "run_3"),
        ("..", "model"),
    ],
)
def test_every_model_has_a_name_that_a_test_id_can_hold(what: str, name: str) -> None:
    assert workload_name(what) == name


def test_a_scenario_is_named_by_the_sizes_of_the_first_tensor() -> None:
    specs = [InputSpec("steps", None, "int", 8), InputSpec("x", (1, 3, 8, 8), "float32")]
    assert scenario_name(specs) == "1x3x8x8"
    assert scenario_name(specs[:1]) == "call"
