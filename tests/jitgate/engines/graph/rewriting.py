"""What rewritings of a graph are tried on."""

from collections.abc import Callable

import torch
from jitgate.engines.capture import captured
from jitgate_cosyvoice.v2.flow_encoder import small_flow_encoder
from torch import Tensor, nn
from torch.export import ExportedProgram


class Steps(nn.Module):
    """Five passes through one child."""

    repeated = ("child",)

    def __init__(self) -> None:
        super().__init__()
        self.child = nn.Sequential(nn.Linear(4, 4), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(5):
            x = x + self.child(x)
        return x


def rewritten_flow_encoder(rewrite: Callable[[ExportedProgram], int]) -> int:
    """What `rewrite` counted in the narrow flow encoder, whose numbers stay at the lengths it was captured for."""
    workload = small_flow_encoder()
    calls = [workload.calls(name)[0] for name in ("1s", "5s")]
    program = captured(workload.module, calls)
    count = rewrite(program)
    with torch.no_grad():
        for call in calls:
            torch.testing.assert_close(program.module()(*call), workload.module(*call), rtol=1e-4, atol=1e-5)
    return count
