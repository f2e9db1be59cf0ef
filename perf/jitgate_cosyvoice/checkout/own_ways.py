"""The ways of running that CosyVoice itself has: `load_jit`, `load_trt` and `fp16`, as variants of `tts()`.

The first two are given for a stage: `flow_encoder=load_jit`, `flow_estimator=load_trt`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.model.errors import Unavailable
from jitgate.model.variant import VariantSpec

from jitgate_cosyvoice.jit_files import V2_FLOW_ENCODER

if TYPE_CHECKING:
    from jitgate.engines.protocols import Runner
    from jitgate.model.inputs import Inputs
    from torch import nn

    from jitgate_cosyvoice.checkout.speech import TextToSpeech

_HERE, _WHERE = "jitgate_cosyvoice.checkout.own_ways", "jitgate_cosyvoice"

JIT_FILE = V2_FLOW_ENCODER.name("fp32")

ONNX_FILE = "flow.decoder.estimator.fp32.onnx"
"""What `load_trt=True` builds its TensorRT plan from; it lies beside the plan, and runs without TensorRT."""

ONNX_INPUTS = ("x", "mask", "mu", "t", "spks", "cond")
"""In the order in which the estimator takes them. Whether attention is limited to chunks is not among them."""

LOAD_JIT = VariantSpec("load_jit", f"{_HERE}:load_jit", where=_WHERE)
LOAD_TRT = VariantSpec("load_trt", f"{_HERE}:load_trt", where=_WHERE)
FP16 = VariantSpec(
    "cosyvoice-fp16",
    f"{_HERE}:fp16",
    precision="autocast-fp16",
    where=_WHERE,
    cuda_only="without CUDA, CosyVoice itself turns fp16 off, with a warning",
)
OWN_WAYS = (LOAD_JIT, LOAD_TRT, FP16)

FILES = {LOAD_JIT.name: ("flow_encoder", JIT_FILE), LOAD_TRT.name: ("flow_estimator", ONNX_FILE)}
"""Variant -> its stage, and the file of a model directory that it runs."""


def with_files(checkpoint: Path | None) -> dict[str, VariantSpec]:
    """Those variants by name, told where their files are."""
    own = {spec.name: spec for spec in OWN_WAYS}
    for name, (_, file) in FILES.items():
        if checkpoint is not None:
            own[name] = replace(own[name], options=(("file", str(checkpoint / file)),))
    return own


def offered_by(checkpoint: Path | None) -> tuple[str, ...]:
    """Staged variants whose files the model directory has."""
    if checkpoint is None:
        return ()
    return tuple(f"{stage}={name}" for name, (stage, file) in FILES.items() if (checkpoint / file).is_file())


def load_jit(module: nn.Module, example: Inputs, file: str = "") -> Runner:  # noqa: ARG001 - nothing is built
    """The TorchScript file of the model directory, as `load_jit=True` loads it. Unavailable where it is not there."""
    import torch

    path, device = _there(LOAD_JIT.name, file), example[0].device
    try:
        return torch.jit.load(str(path), map_location=device)  # type: ignore[no-any-return, no-untyped-call]
    except RuntimeError as error:
        raise Unavailable(f"{path} can't be loaded as TorchScript ({str(error).splitlines()[0]})") from error


def load_trt(module: nn.Module, example: Inputs, file: str = "") -> Runner:  # noqa: ARG001 - nothing is built
    """The ONNX file that `load_trt=True` makes its plan of, run by ONNX Runtime.

    Unavailable where there is no such file, or no ONNX Runtime.
    """
    path = _there(LOAD_TRT.name, file)
    try:
        import onnxruntime
    except ImportError as error:
        raise Unavailable(f'{LOAD_TRT.name} needs onnxruntime: python -m pip install "jitgate[onnx]"') from error
    import torch

    wanted = "CUDAExecutionProvider" if example[0].is_cuda else "CPUExecutionProvider"
    if wanted not in onnxruntime.get_available_providers():
        raise Unavailable(f"{LOAD_TRT.name}: this onnxruntime has no {wanted}; install the one for your device")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(str(path), options, providers=[wanted])

    def run(*inputs: Any) -> torch.Tensor:
        feeds = {name: value.cpu().numpy() for name, value in zip(ONNX_INPUTS, inputs, strict=False)}
        (answer,) = session.run(None, feeds)
        return torch.from_numpy(answer).to(inputs[0].device)

    return run


class HalfPrecision(SelfCheckingRunner):
    """`tts()` of a model that was made with `fp16=True`: float32 weights under autocast, or half ones in releases
    before December 2025."""

    def __init__(self, spoken: TextToSpeech) -> None:
        self._spoken = spoken
        model = spoken.model
        spoken.__dict__["model"] = type(model)(model.llm, model.flow, model.hift, fp16=True)

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        return self._spoken(*inputs, **named)

    def proof(self) -> str | None:
        return None if self._spoken.model.fp16 else "ran in float32: the checkout's class has turned fp16 off"


def fp16(module: TextToSpeech, example: Inputs) -> Runner:  # noqa: ARG001 - nothing is built
    """`fp16=True` of the checkout's own class; on a card alone."""
    return HalfPrecision(module)


def _there(name: str, file: str) -> Path:
    path = Path(file)
    if not file or not path.is_file():
        where = f"{path.parent} has no {path.name}" if file else "it is a file of a model directory"
        raise Unavailable(f"{name}: {where}; name one that has it with --jitgate-checkpoint")
    return path
