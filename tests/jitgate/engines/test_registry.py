"""Every engine in every precision has a name, and every name that makes no sense has a sentence."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.engines.builtin import built_in
from jitgate.engines.precision import Precision
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec

SHIPPED = built_in().variants


def test_every_engine_and_precision_is_there_or_has_a_reason() -> None:
    for name, engine in built_in().by_name.items():
        for precision in Precision:
            full = f"{name}+{precision}"
            if precision in engine.precisions:
                assert built_in().named(full).precision == precision
                assert precision not in engine.why_not
            else:
                with pytest.raises(UsageError, match=f"{name} does not run in {precision}: .{{20}}"):
                    built_in().named(full)


def test_a_name_is_engine_word_and_precision() -> None:
    spec = built_in().named("torchscript+ofi+bf16")
    assert (spec.engine, spec.precision, dict(spec.options)) == ("torchscript", "bf16", {"ofi": True})
    assert built_in().named("eager+fp32").name == BASELINE
    assert {"torchscript+original+fp16", "inductor+bf16", "eager+autocast-fp16", "int8-dynamic+bf16"} <= set(SHIPPED)
    assert CONTROL not in SHIPPED


def test_two_variants_never_share_what_they_are() -> None:
    assert len({(spec.factory, spec.precision, spec.options) for spec in SHIPPED.values()}) == len(SHIPPED)


def test_what_a_worker_gets_is_what_was_sent() -> None:
    for spec in SHIPPED.values():
        assert VariantSpec(**asdict(spec)) == spec


def test_integers_are_what_an_int8_variant_is_judged_by() -> None:
    assert built_in().named("int8+bf16").roughest == "int8"
    assert built_in().named("eager+bf16").roughest == "bf16"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("torchscrpt", "there is no variant 'torchscrpt', did you mean 'torchscript'? (engines: eager, "),
        ("eager+fp8", "'fp8' is neither a precision (fp32, tf32, "),
        ("eager+ofi", "'ofi' is neither a precision"),
        ("torchscript+bf16+ofi", "there is no variant 'torchscript+bf16+ofi'; of torchscript there are: torchscript, "),
        ("torchscript+original+bf16", "of torchscript there are: "),
        ("inductor+autocast-bf16", "inductor does not run in autocast-bf16: its file is made once"),
        ("onnxruntime+bf16", "know no bfloat16"),
    ],
)
def test_what_there_is_not_is_said_in_one_sentence(name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        built_in().named(name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet="aeginrotc+-16fpb", max_size=20))
def test_any_text_is_a_variant_or_bad_input(name: str) -> None:
    try:
        found = built_in().named(name).name
    except UsageError as problem:
        found, said = "", str(problem)
    assert found in SHIPPED or "\n" not in said
