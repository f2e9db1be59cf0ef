"""The generators that a model may draw from: those of random, numpy and torch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


def seed_all(seed: int) -> None:
    """Every generator at `seed`."""
    import random

    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - a user may draw from the global generator
    torch.manual_seed(seed)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Every generator at `seed` inside of this block; afterwards they are what they were."""
    import random

    import numpy as np
    import torch

    before: tuple[Any, Any] = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng(devices=[]):
        seed_all(seed)
        try:
            yield
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])  # noqa: NPY002
