"""Precisions: what is converted, what is cast, and what a card has to be able to do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.engines.precision import Precision, adapted, cast, converted, dtype_of, switch
from jitgate.engines.self_checking import SelfChecking, SelfCheckingRunner
from jitgate.model.errors import Unavailable

from tests.jitgate.pool.models import Tiny

CALL = (torch.ones(2, 3), torch.ones(2, dtype=torch.int32), ((torch.zeros(1),), 3), True)


@pytest.mark.parametrize("precision", [each for each in Precision if each.converts])
def test_only_floating_point_is_converted_however_deep(precision: Precision) -> None:
    x, lengths, ((deep,), number), flag = adapted(CALL, precision)
    assert x.dtype == deep.dtype == dtype_of(precision)
    assert (lengths.dtype, number, flag) == (torch.int32, 3, True)


@pytest.mark.parametrize("precision", [each for each in Precision if not each.converts])
def test_the_others_leave_weights_and_inputs_alone(precision: Precision) -> None:
    assert adapted(CALL, precision) is CALL
    assert {parameter.dtype for parameter in converted(Tiny(), precision).parameters()} == {torch.float32}


@pytest.mark.parametrize("precision", [each for each in Precision if each.casts])
def test_autocast_holds_inside_of_a_call_only(precision: Precision) -> None:
    seen: list[Any] = []
    module = Tiny().eval()

    def call(x: torch.Tensor) -> torch.Tensor:
        seen.append(torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else None)
        answer: torch.Tensor = module.first(x)
        return answer

    answer = cast(call, precision, "cpu")(torch.ones(1, 64))
    assert seen == [dtype_of(precision)]
    assert answer.dtype == dtype_of(precision)
    assert module.first.weight.dtype is torch.float32
    assert not torch.is_autocast_enabled("cpu")


def test_a_cast_call_has_the_evidence_of_what_it_calls() -> None:
    inner = SelfChecking(lambda x: x, proof=lambda call: "it is a stand-in", recompiles=lambda: {"recompile": 2})
    outer = cast(inner, Precision.AUTOCAST_BF16, "cpu")
    assert isinstance(outer, SelfCheckingRunner)
    assert (outer.proof(), dict(outer.recompiles())) == ("it is a stand-in", {"recompile": 2})
    plain = cast(lambda x: x, Precision.AUTOCAST_BF16, "cpu")
    assert isinstance(plain, SelfCheckingRunner)
    assert (plain.proof(), dict(plain.recompiles())) == (None, {})


@pytest.mark.parametrize("precision", [Precision.TF32, Precision.BF16, Precision.AUTOCAST_BF16])
def test_a_card_without_the_units_is_named(precision: Precision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    with pytest.raises(Unavailable, match=r"capability 8\.0 or later, and Tesla T4 has 7\.5; use fp16"):
        switch(precision, "cuda:0")


def test_float32_means_float32_on_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 9))
    try:
        switch(Precision.TF32, "cuda")
        assert (matmul.allow_tf32, cudnn.allow_tf32) == (True, True)
        switch(Precision.FP32, "cuda")
        assert (matmul.allow_tf32, cudnn.allow_tf32) == (False, False)
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before
