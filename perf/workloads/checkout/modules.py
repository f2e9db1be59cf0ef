"""The workloads of a checkout: modules built from its own yaml and classes, fed with what jitgate's own are fed with.

Only the part that is measured is built, from its node of the yaml. What CosyVoice's pipeline classes set on modules
after building them is not applied.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from perf.errors import UsageProblem
from perf.workloads.checkout.adapters import FlowInference, VocoderInference
from perf.workloads.checkout.imports import Imports
from perf.workloads.checkout.place import OPTION, Checkout, find_checkout
from perf.workloads.checkout.recipe import Recipe
from perf.workloads.cosyvoice.scenarios import flow_scenarios, step_scenarios, text_scenarios
from perf.workloads.cosyvoice.transformer import NextPositions
from perf.workloads.cosyvoice2 import flow, flow_estimator, vocoder
from perf.workloads.cosyvoice2.scenarios import scenarios as upsampling_scenarios
from perf.workloads.origin import current
from perf.workloads.weights import seeded_weight
from perf.workloads.workload import Inputs, Workload

_ENCODER = ("xs", "xs_lens", "decoding_chunk_size", "num_decoding_left_chunks")
_UPSAMPLING = ("xs", "xs_lens", "context", "decoding_chunk_size", "num_decoding_left_chunks", "streaming")
_CHUNK = ("xs", "offset", "required_cache_size", "att_cache", "cnn_cache", "att_mask")
_ESTIMATOR = ("x", "mask", "mu", "t", "spks", "cond", "streaming")
_FLOW = (
    "token",
    "token_len",
    "prompt_token",
    "prompt_token_len",
    "prompt_feat",
    "prompt_feat_len",
    "embedding",
    "streaming",
    "finalize",
)
_VOCODER = ("speech_feat", "cache_source")


@dataclass(frozen=True)
class Part:
    """One module of a checkout, with its weights. `where` says which, for messages."""

    module: nn.Module
    where: str
    content: str

    def takes(self, method: str, names: Sequence[str]) -> None:
        """UsageProblem unless `method` takes these arguments, in this order."""
        called = getattr(self.module, method, None)
        found = tuple(inspect.signature(called).parameters) if callable(called) else ()
        if found[: len(names)] != tuple(names):
            raise UsageProblem(
                f"{self.where}: {method} of {type(self.module).__name__} takes ({', '.join(found)}), and jitgate calls "
                f"it with ({', '.join(names)}), as CosyVoice does since 2025-05-27; update the checkout"
            )

    def shape(self, name: str) -> tuple[int, ...]:
        """Of the parameter `name`; UsageProblem where there is none."""
        for found, value in self.module.named_parameters():
            if found == name:
                return tuple(value.shape)
        raise UsageProblem(
            f"{self.where}: {type(self.module).__name__} has no parameter {name!r}, by which jitgate knows what to feed it"
        )

    def workload(self, scenarios: Mapping[str, Inputs | list[Inputs]], artefact: str) -> Workload:
        """The module as it is, on `scenarios`."""
        return Workload(self.module, scenarios, artefact=artefact, content=self.content)


def cosyvoice2_flow_encoder() -> Workload:
    """`flow.encoder` of the checkout's CosyVoice2."""
    part = _part("cosyvoice2", "flow.encoder")
    part.takes("forward", _UPSAMPLING)
    return part.workload(upsampling_scenarios(part.shape("embed.out.0.weight")[1]), "flow.encoder")
