"""Is the output still the right one? Runs in workers."""

from __future__ import annotations

import math
from typing import Any


def distance(found: list[Any], right: list[Any]) -> float:
    """Worst relative L2 distance, ||found - right|| / ||right||, over the leaves of one output, in float64.

    Leaves that are not floating point must be equal. Another number, shape or kind of leaves, NaN or Inf where the
    right answer has none: infinity.
    """
    import torch

    if len(found) != len(right):
        return math.inf
    worst = 0.0
    for one, other in zip(found, right, strict=True):
        if not isinstance(one, torch.Tensor) or not isinstance(other, torch.Tensor):
            worst = max(worst, 0.0 if one == other else math.inf)
        elif one.shape != other.shape:
            return math.inf
        elif not other.is_floating_point():
            worst = max(worst, 0.0 if torch.equal(one, other) else math.inf)
        elif other.numel():
            gap = torch.linalg.vector_norm(one.double() - other.double()).item()
            size = torch.linalg.vector_norm(other.double()).item()
            relative = gap / size if size else (0.0 if gap == 0 else math.inf)
            worst = max(worst, relative if math.isfinite(relative) else math.inf)
    return worst


def plain(leaf: Any) -> Any:
    import torch

    return leaf.detach().cpu().clone() if isinstance(leaf, torch.Tensor) else leaf
