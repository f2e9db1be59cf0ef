"""Whether a variant can run here is known before anything heavy is imported."""

from __future__ import annotations

import importlib.util

import pytest
from jitgate.engines.available import missing
from jitgate.engines.builtin import built_in
from jitgate.model.variant import VariantSpec


@pytest.mark.parametrize(
    ("name", "device", "said"),
    [
        ("eager+tf32", "cpu", "compute capability 8.0"),
        ("cudagraph+fp16", "cpu", "a CPU does not have; use --jitgate-device cuda"),
        ("compile-reduce-overhead", "cpu", "it would be `compile` by another name"),
        ("tensorrt", "cpu", "TensorRT builds for NVIDIA cards"),
    ],
)
def test_a_device_that_lacks_it_is_named_with_the_one_that_has_it(name: str, device: str, said: str) -> None:
    reason = missing(built_in().named(name), device)
    assert reason is not None
    assert said in reason
    assert reason.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "extra"), [("onnxruntime", "onnx"), ("tensorrt", "tensorrt"), ("int8", "int8"), ("int8-dynamic", "int8")]
)
def test_a_package_that_is_not_installed_is_named_with_its_command(
    name: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    reason = missing(built_in().named(name), "cuda:0")
    assert reason is not None
    assert reason.endswith(f'python -m pip install "jitgate[{extra}]"')


def test_either_package_of_tensorrt_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: "found" if module == "tensorrt_rtx" else None)
    assert missing(built_in().named("tensorrt+fp16"), "cuda") is None


def test_torchscript_ends_with_python_3_13(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jitgate.engines.available.sys", _Python(3, 14))
    assert missing(built_in().named("eager"), "cpu") is None
    reason = missing(built_in().named("torchscript+ofi"), "cpu")
    assert reason == "torchscript+ofi is not supported on Python 3.14; use Python 3.11 to 3.13"


def test_a_variant_of_ones_own_speaks_for_itself() -> None:
    assert missing(VariantSpec("fused", "mypackage.perf:fused", where="my.toml"), "cpu") is None


def test_on_a_card_nothing_of_a_cpu_is_missing() -> None:
    lacking = {spec.engine for spec in built_in().variants.values() if missing(spec, "cuda:0")}
    assert lacking <= {"onnxruntime", "tensorrt", "int8", "int8-dynamic"}, "packages alone"


class _Version(tuple[int, int]):
    major = property(lambda self: self[0])
    minor = property(lambda self: self[1])


class _Python:
    def __init__(self, major: int, minor: int) -> None:
        self.version_info = _Version((major, minor))
