"""Calls that are not a module's `forward`, made into one, so that they can be measured like any other."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor, nn


class FlowInference(nn.Module):
    """`inference` of a checkout's whole flow: prompt and tokens to mel, ten Euler steps with guidance.

    The original's wrapper calls it by these names. It is Python's in every variant: it is decorated, and can't be
    scripted.
    """

    def __init__(self, flow: nn.Module) -> None:
        super().__init__()
        self.flow: Any = flow

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
        mel: Tensor
        mel, _ = self.flow.inference(
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
        return mel


class Method(nn.Module):
    """A method of a module, as a module of its own: it is called by position, and returns what the method returns."""

    def __init__(self, owner: nn.Module, name: str) -> None:
        super().__init__()
        self.owner = owner
        self.name = name

    def forward(self, *args: Any) -> Any:
        # Of the class: in the module itself a door may stand in its place.
        return getattr(type(self.owner), self.name)(self.owner, *args)


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
        return self.run(*bound.args)
