"""ONNX Runtime: the module as ONNX, run by a session with its CPU or its CUDA provider.

To the graph: operators are fused and laid out by ONNX Runtime's own optimiser, at load; on a CPU with a thread pool of
its own, which stops spinning when a call ends, so that it takes no core from the next worker's turn.
Needs: onnxruntime (for a card onnxruntime-gpu) to run; onnx and onnxscript to export.
Can't go: operators that ONNX has not; weights above 2 GiB. It falls back to the CPU provider silently where CUDA's
libraries do not load: that is checked at load.
Source: ONNX Runtime's Python API (onnxruntime.ai), torch.onnx.export (PyTorch documentation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.engines.graph.onnx_graph import OPSET, Wiring, export_onnx, missing_exporter
from jitgate.engines.protocols import Facts, Runner
from jitgate.engines.refusal import refusing
from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"

CAN_NOT_RUN = ("InvalidGraph", "NotImplemented")
"""Errors by which a session says that a graph is none that ONNX allows, or that its provider has no kernel for it."""


class OnnxRuntime:
    suffix = ".onnx"
    per_signature = True

    def options(self) -> Mapping[str, object]:
        return {"recipe": "export,onnx", "opset": OPSET}

    def unavailable(self) -> str | None:
        return missing_exporter()

    def export(self, module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:
        return export_onnx(module, calls, path)

    def load(self, path: Path, device: str, facts: Facts) -> Runner:
        import onnxruntime
        import torch

        wanted = CUDA if device.startswith("cuda") else CPU
        there = onnxruntime.get_available_providers()
        if wanted not in there:
            raise Unavailable(
                f"this onnxruntime has no {wanted} (it has {', '.join(there)}); for a card get it with python -m pip "
                "install onnxruntime-gpu, in place of onnxruntime"
            )
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = torch.get_num_threads()
        settings.add_session_config_entry("session.force_spinning_stop", "1")
        settings.log_severity_level = 3  # errors; it warns of every constant that its optimiser folded
        number = torch.device(device).index or 0
        provider = (wanted, {"device_id": number}) if wanted == CUDA else wanted
        with refusing("ONNX Runtime", *CAN_NOT_RUN):
            session = onnxruntime.InferenceSession(str(path), settings, providers=[provider])
        runner = CardSession(session, wanted, facts, number) if wanted == CUDA else Session(session, wanted, facts)
        fallback = runner.proof()
        if fallback is not None:
            raise RuntimeError(fallback)
        return runner


class Session(SelfCheckingRunner):
    """A session on the CPU: tensors share their memory with it, both ways."""

    def __init__(self, session: Any, provider: str, facts: Facts) -> None:
        self._session = session
        self._provider = provider
        self._wiring = Wiring(facts)
        self._inputs = [each.name for each in session.get_inputs()]

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        import torch

        feeds = self._wiring.feeds(inputs, self._inputs, named)
        given = {name: tensor.numpy() for name, tensor in zip(self._inputs, feeds, strict=True)}
        return self._wiring.answer([torch.from_numpy(output) for output in self._session.run(None, given)])

    def proof(self) -> str | None:
        first = self._session.get_providers()[0]
        if first == self._provider:
            return None
        return f"ONNX Runtime fell back: {self._provider} was asked for, and {first} runs the session"


class CardSession(Session):
    """A session on a card: it reads and writes torch's own memory there. Not yet measured on a GPU.

    The first call of every shape of inputs finds out how large the outputs are; later calls have them allocated.
    """

    def __init__(self, session: Any, provider: str, facts: Facts, number: int) -> None:
        super().__init__(session, provider, facts)
        self._number = number
        self._outputs = [each.name for each in session.get_outputs()]
        self._sizes: dict[tuple[tuple[int, ...], ...], list[tuple[tuple[int, ...], torch.dtype]]] = {}

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        import torch

        feeds = self._wiring.feeds(inputs, self._inputs, named)
        shapes = tuple(tuple(tensor.shape) for tensor in feeds)
        if shapes not in self._sizes:
            binding = self._bound(feeds)
            for name in self._outputs:
                binding.bind_output(name, "cpu")
            self._session.run_with_iobinding(binding)
            found = [torch.from_numpy(output) for output in binding.copy_outputs_to_cpu()]
            self._sizes[shapes] = [(tuple(output.shape), output.dtype) for output in found]
        binding = self._bound(feeds)
        outputs = [torch.empty(shape, dtype=dtype, device=feeds[0].device) for shape, dtype in self._sizes[shapes]]
        for name, tensor in zip(self._outputs, outputs, strict=True):
            binding.bind_output(name, "cuda", self._number, _numpy_type(tensor), tuple(tensor.shape), tensor.data_ptr())
        self._session.run_with_iobinding(binding)
        return self._wiring.answer(outputs)

    def _bound(self, feeds: Sequence[torch.Tensor]) -> Any:
        binding = self._session.io_binding()
        for name, tensor in zip(self._inputs, feeds, strict=True):
            binding.bind_input(name, "cuda", self._number, _numpy_type(tensor), tuple(tensor.shape), tensor.data_ptr())
        # What torch has queued for the card comes first: the session has a stream of its own.
        binding.synchronize_inputs()
        return binding


def _numpy_type(tensor: torch.Tensor) -> Any:
    import torch

    return torch.empty(0, dtype=tensor.dtype).numpy().dtype.type
