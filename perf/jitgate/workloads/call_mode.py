"""In which mode the calls of this process are made: a model may compute gradients inside, as one of forces does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from jitgate.model.error_words import causes
from jitgate.model.out_of_memory import about_memory

if TYPE_CHECKING:
    import torch

Answer = TypeVar("Answer")

ABOUT_MODE = re.compile(r"[Ii]nference|require.? ?grad|dispatch key set")
"""What torch says where a tensor of inference mode is asked for a gradient, or is met where none was expected."""


class CallMode:
    """torch's inference mode, and `torch.no_grad` once a model has turned out not to run in it."""

    def __init__(self) -> None:
        self.no_grad = False

    def __call__(self) -> torch.no_grad | torch.inference_mode:
        import torch

        return torch.no_grad() if self.no_grad else torch.inference_mode()

    def first(self, call: Callable[[], Answer]) -> Answer:
        """What `call` gives. Where it fails in inference mode and not outside, later calls are made outside as well."""
        import torch

        try:
            with self():
                return call()
        except Exception as error:
            if self.no_grad or about_memory(error) or not any(ABOUT_MODE.search(str(each)) for each in causes(error)):
                raise
            try:
                with torch.no_grad():
                    found = call()
            except Exception:  # noqa: BLE001 - it fails in any mode, and its first words are the ones to tell
                raise error from error.__cause__
            self.no_grad = True
            return found


MODE = CallMode()
"""Of this process."""
