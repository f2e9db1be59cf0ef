"""What can't be carried is said in one line."""

from __future__ import annotations

import pytest
import torch
from jitgate.engines.refusal import LONGEST, lacks_precision, refusing, shortly
from jitgate.model.errors import Unavailable


class UnsupportedError(RuntimeError):
    """Stands for an exporter's own."""


class SpecialError(UnsupportedError): ...


def test_an_exporters_refusal_becomes_one_sentence_with_its_cause() -> None:
    error = SpecialError("export failed\n" * 50)
    error.__cause__ = KeyError("aten::fancy has no translation")
    with pytest.raises(Unavailable) as caught, refusing("torch.export", "UnsupportedError"):
        raise error
    assert str(caught.value).startswith(
        "torch.export can't carry this model: KeyError: 'aten::fancy has no translation"
    )
    assert "\n" not in str(caught.value)


def test_what_is_no_refusal_stays_an_error() -> None:
    with pytest.raises(ZeroDivisionError), refusing("torch.export", "UnsupportedError"):
        raise ZeroDivisionError


def test_a_reason_that_is_there_already_is_not_wrapped() -> None:
    with pytest.raises(Unavailable, match=r"^as it was$"), refusing("ONNX", "Exception"):
        raise Unavailable("as it was")


def test_a_kernel_that_is_lacking_is_found_in_torchs_own_words() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.stft(torch.zeros(64, dtype=torch.bfloat16), 16, return_complex=True, window=torch.ones(16).bfloat16())
    said = lacks_precision(caught.value, "bf16")
    assert said is not None
    assert said.startswith("an operator of this model has no bf16 here: ")


def test_a_complex_number_of_a_precision_that_has_none_is_a_kernel_that_is_lacking() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.complex(torch.zeros(2, dtype=torch.bfloat16), torch.zeros(2, dtype=torch.bfloat16))
    assert str(lacks_precision(caught.value, "autocast-bf16")).startswith(
        "an operator of this model has no autocast-bf16"
    )


def test_two_precisions_in_one_operation_are_found_too() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.nn.functional.linear(torch.zeros(2, 3), torch.zeros(4, 3, dtype=torch.float16))
    said = lacks_precision(caught.value, "fp16")
    assert said is not None
    assert said.startswith("this model mixes fp16 with another precision: ")


def test_other_errors_of_a_first_call_are_not_the_precisions() -> None:
    assert lacks_precision(RuntimeError("out of paper"), "fp16") is None


def test_a_long_line_is_cut_and_an_empty_one_is_named_by_its_class() -> None:
    assert len(shortly(RuntimeError("x" * 1000))) == LONGEST
    assert shortly(RuntimeError()) == "RuntimeError"
    said = "[ONNXRuntimeError] : 10 : INVALID_GRAPH : Load model from /a/b.onnx failed:This is invalid."
    assert shortly(RuntimeError(said)) == "RuntimeError: This is invalid."
    assert shortly(RuntimeError("\n# torch.onnx report\nthe reason")) == "RuntimeError: the reason"
