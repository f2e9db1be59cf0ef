"""Calls that are not a module's `forward`, made into one, so that they can be measured like any other."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor, nn

_DECORATORS = ("torch", "utils", "_contextlib.py")
"""Where torch has the functions that `inference_mode` and `no_grad` put in place of what they decorate."""


class FlowInference(nn.Module):
    """`inference` of a checkout's whole flow: prompt and tokens to mel, ten Euler steps with guidance.

    The original's wrapper calls it by these names.
    """

    def __init__(self, flow: nn.Module) -> None:
        super().__init__()
        self.flow = flow
        self._inference = plain(getattr(type(flow), "inference"))  # noqa: B009 - a checkout's module

    def forward(
        self,
        token: Tensor,
        token_len: Tensor,
        prompt_token: Tensor,
        prompt_token_len: Tensor,
        prompt_feat: Tensor,
        prompt_feat_len: Tensor,
        embedding: Tensor,
        streaming: bool,
        finalize: bool,
    ) -> Tensor:
        """As `jitgate_cosyvoice.v2.flow.Flow.forward`; returns the mel, and drops the empty second result."""
        made = self._inference(
            self.flow,
            token=token,
            token_len=token_len,
            prompt_token=prompt_token,
            prompt_token_len=prompt_token_len,
            prompt_feat=prompt_feat,
            prompt_feat_len=prompt_feat_len,
            embedding=embedding,
            streaming=streaming,
            finalize=finalize,
        )
        if not isinstance(made, tuple) or not made:
            raise RuntimeError(
                f"inference() of {type(self.flow).__name__} gives a {type(made).__name__}; jitgate reads (mel, cache), "
                "as CosyVoice has it"
            )
        mel: Tensor = made[0]
        return mel


class Method(nn.Module):
    """A method of a module, as a module of its own: it takes and returns what the method does."""

    def __init__(self, owner: nn.Module, name: str) -> None:
        super().__init__()
        self.owner = owner
        # Of the class: in the module itself a door may stand in its place.
        self._method = plain(getattr(type(owner), name))

    def forward(self, *args: Any, **keywords: Any) -> Any:
        return self._method(self.owner, *args, **keywords)


def plain(method: Callable[..., Any]) -> Callable[..., Any]:
    """`method` without torch's own decorators, of which CosyVoice has `inference_mode`.

    Every call of a worker is in that mode already, and no graph can be compiled that enters it (torch 2.13).
    """
    while (code := getattr(method, "__code__", None)) is not None and Path(code.co_filename).parts[-3:] == _DECORATORS:
        method = method.__wrapped__  # type: ignore[attr-defined]
    return method


class Door(nn.Module):
    """Stands in `owner` in place of its method `name`: its calls pass through `run`, which a variant may replace."""

    def __init__(self, owner: nn.Module, name: str) -> None:
        super().__init__()
        self.run: Any = Method(owner, name)
        self._signature = inspect.signature(getattr(owner, name))
        # Not registered: the owner is inside of `run`.
        owner.__dict__[name] = self

    def forward(self, *args: Any, **keywords: Any) -> Any:
        bound = self._signature.bind(*args, **keywords)
        bound.apply_defaults()
        return self.run(*bound.args, **bound.kwargs)
