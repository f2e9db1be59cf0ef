"""What can't be carried is said in one line."""

from __future__ import annotations

import re

import pytest
import torch
from jitgate.engines.refusal import FOLD, OTHERWISE, lacks_precision, refusing, with_remedy
from jitgate.model.errors import Unavailable, UsageError


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


@pytest.mark.parametrize(
    "error", [AttributeError("'WeightNorm' object has no attribute"), AssertionError(), KeyError(3)]
)
def test_any_error_of_an_exporter_is_a_refusal_with_what_to_do(error: Exception) -> None:
    said = rf"^TorchScript can't carry this model: {type(error).__name__}.*; \w+"
    with pytest.raises(Unavailable, match=said), refusing("TorchScript"):
        raise error


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("CUDA error: an illegal memory access was encountered"), UsageError("yours")]
)
def test_a_machine_that_fails_and_bad_input_refuse_nothing(error: Exception) -> None:
    with pytest.raises(type(error)), refusing("TorchScript"):
        raise error


@pytest.mark.parametrize(
    ("said", "way"),
    [
        ("RuntimeError: Parametrization is not working with scripting.", FOLD),
        ("RuntimeError: Unknown builtin op: t::twice.", "import the module that registers it"),
        ("GuardOnDataDependentSymNode: its control flow depends on data (Eq(u0, 1))", "take compile"),
        (
            "OSError: a part of this model has no source to be read",
            "write that part as a function or a class in a file",
        ),
        ("DispatchError: No ONNX function found for the operator a.b", "take compile or inductor"),
        ("TypeError: no", OTHERWISE),
    ],
)
def test_a_refusal_names_the_way_out(said: str, way: str) -> None:
    assert with_remedy(said).startswith(f"{said.rstrip('.')}; {way}")


def test_a_refusal_names_the_line_that_it_is_about() -> None:
    with pytest.raises(Unavailable) as caught, refusing("torch.export"):
        raise TypeError("no tables")
    assert re.search(r": TypeError: no tables at \S*test_refusal\.py:\d+; change the model there", str(caught.value))
