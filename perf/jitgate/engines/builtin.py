"""The engines that jitgate brings, offered through the same hook as any other; free of torch."""

from __future__ import annotations

from functools import cache

from jitgate.engines.catalogue import Engine, Package
from jitgate.engines.precision import Precision
from jitgate.engines.registry import Engines

_ALL = tuple(Precision)
_PLAIN = (Precision.FP32, Precision.TF32, Precision.BF16, Precision.FP16)
_AUTOCAST = (Precision.AUTOCAST_BF16, Precision.AUTOCAST_FP16)
_WRITTEN_DOWN = dict.fromkeys(
    _AUTOCAST, "its file is made once, with the casts written down in it: convert instead, with bf16 or fp16"
)
_QUANTISED = dict.fromkeys(
    (*_AUTOCAST, Precision.TF32, Precision.FP16),
    "its integer kernels accept float32 and bfloat16 activations only",
)
_NO_GRAPHS_ON_A_CPU = "it replays CUDA graphs, which a CPU does not have"

BUILT_IN = (
    Engine("eager", "jitgate.engines.eager:eager", _ALL),
    Engine(
        "torchscript",
        "jitgate.engines.torchscript:TorchScript",
        _ALL,
        exported=True,
        words={
            "trace": ((("trace", True),), _PLAIN),
            "ofi": ((("ofi", True),), _PLAIN),
            "original": ((("ofi", True), ("switches", True)), (Precision.FP32, Precision.FP16)),
        },
        last_python=13,
    ),
    Engine("compile", "jitgate.engines.compiled:compiled", _ALL),
    Engine(
        "compile-reduce-overhead",
        "jitgate.engines.compiled:compiled",
        _ALL,
        options=(("mode", "reduce-overhead"),),
        cuda_only=_NO_GRAPHS_ON_A_CPU + " (there it would be `compile` by another name)",
    ),
    Engine("compile-max-autotune", "jitgate.engines.compiled:compiled", _ALL, options=(("mode", "max-autotune"),)),
    Engine("inductor", "jitgate.engines.inductor:Inductor", _PLAIN, exported=True, why_not=_WRITTEN_DOWN),
    Engine(
        "inductor-int8-dynamic",
        "jitgate.engines.inductor_int8:InductorInt8",
        (Precision.FP32, Precision.BF16),
        exported=True,
        why_not=_QUANTISED,
        packages=(Package(("torchao",), "int8"),),
    ),
    Engine("cudagraph", "jitgate.engines.cudagraph:cudagraph", _ALL, cuda_only=_NO_GRAPHS_ON_A_CPU),
    Engine(
        "onnxruntime",
        "jitgate.engines.onnxruntime:OnnxRuntime",
        (Precision.FP32, Precision.FP16),
        exported=True,
        why_not=_WRITTEN_DOWN
        | {
            Precision.TF32: "its CUDA provider has a switch of its own, which is off here",
            Precision.BF16: "most of its kernels, and NumPy, through which its tensors go, know no bfloat16",
        },
        packages=(Package(("onnxruntime",), "onnx"),),
    ),
    Engine(
        "tensorrt",
        "jitgate.engines.tensorrt:TensorRt",
        _PLAIN,
        exported=True,
        why_not=_WRITTEN_DOWN,
        packages=(Package(("tensorrt", "tensorrt_rtx"), "tensorrt"),),
        cuda_only="TensorRT builds for NVIDIA cards",
    ),
    Engine(
        "int8",
        "jitgate.engines.int8:int8",
        (Precision.FP32, Precision.BF16),
        why_not=_QUANTISED,
        packages=(Package(("torchao",), "int8"),),
    ),
    Engine(
        "int8-dynamic",
        "jitgate.engines.int8:int8",
        (Precision.FP32, Precision.BF16),
        options=(("dynamic", True),),
        why_not=_QUANTISED,
        packages=(Package(("torchao",), "int8"),),
    ),
)


def pytest_jitgate_engines() -> tuple[Engine, ...]:
    """jitgate's own engines, through the hook that any package uses."""
    return BUILT_IN


@cache
def built_in() -> Engines:
    """Jitgate's own engines, for callers without a session."""
    return Engines(BUILT_IN)
