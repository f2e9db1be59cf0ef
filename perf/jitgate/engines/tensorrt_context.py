"""A built TensorRT engine, called with torch's tensors. Not yet run on a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jitgate.engines.graph.onnx_graph import Wiring
from jitgate.engines.protocols import Facts
from jitgate.engines.self_checking import SelfCheckingRunner

if TYPE_CHECKING:
    import torch


class EngineContext(SelfCheckingRunner):
    """One execution context; outputs are torch's memory, and work is queued on torch's stream."""

    def __init__(self, trt: Any, engine: Any, device: str, facts: Facts) -> None:
        self._engine = engine  # a context does not keep its engine alive
        self._context = engine.create_execution_context()
        self._device = device
        self._wiring = Wiring(facts)
        names = [engine.get_tensor_name(place) for place in range(engine.num_io_tensors)]
        self._inputs = [name for name in names if engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT]
        self._outputs = [name for name in names if name not in self._inputs]
        self._types = {name: _torch_type(trt, engine.get_tensor_dtype(name)) for name in self._outputs}
        self._executed = 0

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        import torch

        feeds = self._wiring.feeds(inputs, self._inputs, named)
        for name, tensor in zip(self._inputs, feeds, strict=True):
            if not self._context.set_input_shape(name, tuple(tensor.shape)):
                raise RuntimeError(f"{name} of {tuple(tensor.shape)} is outside of the engine's profile")
            self._context.set_tensor_address(name, tensor.data_ptr())
        outputs = []
        for name in self._outputs:
            size = tuple(self._context.get_tensor_shape(name))
            outputs.append(torch.empty(size, dtype=self._types[name], device=self._device))
            self._context.set_tensor_address(name, outputs[-1].data_ptr())
        if not self._context.execute_async_v3(torch.cuda.current_stream().cuda_stream):
            raise RuntimeError("TensorRT did not execute the engine")
        self._executed += 1
        return self._wiring.answer(outputs)

    def proof(self) -> str | None:
        return None if self._executed else "tensorrt: the engine was never executed"


def _torch_type(trt: Any, kind: Any) -> torch.dtype:
    import torch

    names = {
        "FLOAT": torch.float32,
        "HALF": torch.float16,
        "BF16": torch.bfloat16,
        "INT32": torch.int32,
        "INT64": torch.int64,
        "BOOL": torch.bool,
    }
    found = [dtype for name, dtype in names.items() if getattr(trt.DataType, name, None) == kind]
    if not found:
        raise RuntimeError(f"TensorRT returns {kind}, which torch has no type for")
    return found[0]
