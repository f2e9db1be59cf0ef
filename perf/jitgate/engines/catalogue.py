"""Every engine, and the precisions that it can run in; free of torch."""

from __future__ import annotations

from dataclasses import dataclass, field

from jitgate.engines.precision import Precision
from jitgate.model.variant import Options


@dataclass(frozen=True)
class Package:
    """Something to install. modules: import names; one of them has to be there. extra: as in `jitgate[onnx]`."""

    modules: tuple[str, ...]
    extra: str


@dataclass(frozen=True)
class Engine:
    """One way of running a model.

    precisions: those it can run in. why_not: precision -> why it can't, for those left out. words: what may stand
    between engine and precision in a name -> (keyword arguments, precisions). cuda_only: why there is none on a CPU.
    last_python: the last minor version of Python 3 that it runs on.
    """

    factory: str
    precisions: tuple[Precision, ...]
    exported: bool = False
    options: Options = ()
    why_not: dict[Precision, str] = field(default_factory=dict)
    words: dict[str, tuple[Options, tuple[Precision, ...]]] = field(default_factory=dict)
    packages: tuple[Package, ...] = ()
    cuda_only: str = ""
    last_python: int | None = None


_ALL = tuple(Precision)
_PLAIN = (Precision.FP32, Precision.TF32, Precision.BF16, Precision.FP16)
_AUTOCAST = (Precision.AUTOCAST_BF16, Precision.AUTOCAST_FP16)
_WRITTEN_DOWN = dict.fromkeys(
    _AUTOCAST, "its file is made once, with the casts written down in it: convert instead, with bf16 or fp16"
)
_QUANTISED = dict.fromkeys(
    (*_AUTOCAST, Precision.TF32, Precision.FP16),
    "its integer products know float32 and bfloat16 beside them",
)
_NO_GRAPHS_ON_A_CPU = "it replays CUDA graphs, which a CPU does not have"

ENGINES: dict[str, Engine] = {
    "eager": Engine("jitgate.engines.eager:eager", _ALL),
    "torchscript": Engine(
        "jitgate.engines.torchscript:TorchScript",
        _ALL,
        exported=True,
        words={
            "ofi": ((("ofi", True),), _PLAIN),
            "original": ((("ofi", True), ("switches", True)), (Precision.FP32, Precision.FP16)),
        },
        last_python=13,
    ),
    "compile": Engine("jitgate.engines.compiled:compiled", _ALL),
    "compile-reduce-overhead": Engine(
        "jitgate.engines.compiled:compiled",
        _ALL,
        options=(("mode", "reduce-overhead"),),
        cuda_only=_NO_GRAPHS_ON_A_CPU + " (there it would be `compile` by another name)",
    ),
    "compile-max-autotune": Engine("jitgate.engines.compiled:compiled", _ALL, options=(("mode", "max-autotune"),)),
    "inductor": Engine("jitgate.engines.inductor:Inductor", _PLAIN, exported=True, why_not=_WRITTEN_DOWN),
    "inductor-int8-dynamic": Engine(
        "jitgate.engines.inductor_int8:InductorInt8",
        (Precision.FP32, Precision.BF16),
        exported=True,
        why_not=_QUANTISED,
        packages=(Package(("torchao",), "int8"),),
    ),
    "cudagraph": Engine("jitgate.engines.cudagraph:cudagraph", _ALL, cuda_only=_NO_GRAPHS_ON_A_CPU),
    "onnxruntime": Engine(
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
    "tensorrt": Engine(
        "jitgate.engines.tensorrt:TensorRt",
        _PLAIN,
        exported=True,
        why_not=_WRITTEN_DOWN,
        packages=(Package(("tensorrt", "tensorrt_rtx"), "tensorrt"),),
        cuda_only="TensorRT builds for NVIDIA cards",
    ),
    "int8": Engine(
        "jitgate.engines.int8:int8",
        (Precision.FP32, Precision.BF16),
        why_not=_QUANTISED,
        packages=(Package(("torchao",), "int8"),),
    ),
    "int8-dynamic": Engine(
        "jitgate.engines.int8:int8",
        (Precision.FP32, Precision.BF16),
        options=(("dynamic", True),),
        why_not=_QUANTISED,
        packages=(Package(("torchao",), "int8"),),
    ),
}
"""Every engine by name. A variant is called `engine[+word][+precision]`; float32 is not written."""
