"""Models whose evidence is hard to come by, for engines that are honest: fixed values, ids, caches, generation."""

from __future__ import annotations

import jitgate
import torch


def layers(width: int, count: int) -> torch.nn.Sequential:
    pairs = [(torch.nn.Linear(width, width), torch.nn.GELU()) for _ in range(count)]
    return torch.nn.Sequential(*(layer for pair in pairs for layer in pair))


def unchanging() -> jitgate.Workload:
    return jitgate.Workload(layers(256, 4), {"s": (torch.randn(64, 256),)}, threads=1, fixed_inputs=True)


class Reading(torch.nn.Module):
    """One row of ids, all of them alike."""

    def __init__(self) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(500, 256)
        self.body = layers(256, 4)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.body(self.words(ids))
        return answer


def reading() -> jitgate.Workload:
    return jitgate.Workload(Reading(), {"s": (torch.ones(64, dtype=torch.int64),)}, threads=1)


class Choosing(torch.nn.Module):
    """A choice that hardly ever changes."""

    def __init__(self) -> None:
        super().__init__()
        self.body = layers(256, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hot = torch.zeros(256)
        hot[7] = 90.0
        return torch.argmax(self.body(x) + hot, dim=-1)


def choosing() -> jitgate.Workload:
    return jitgate.Workload(Choosing(), {"s": (torch.randn(64, 256),)}, threads=1)


class Decoding(torch.nn.Module):
    """One step with what earlier steps have kept: a single id, a position, keys and values."""

    def __init__(self) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(500, 256)
        self.qkv, self.body = torch.nn.Linear(256, 768), layers(256, 4)

    def forward(
        self, ids: torch.Tensor, keys: torch.Tensor, values: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        query, key, value = self.qkv(self.words(ids)).chunk(3, dim=-1)
        keys, values = torch.cat([keys, key], dim=1), torch.cat([values, value], dim=1)
        seen = torch.softmax(query @ keys.transpose(1, 2) / 16.0, dim=-1) @ values
        return self.body(seen), keys, values


def decoding() -> jitgate.Workload:
    cache = torch.randn(1, 128, 256), torch.randn(1, 128, 256)
    return jitgate.Workload(Decoding(), {"s": (torch.tensor([[7]]), *cache)}, threads=1)


class Generating(torch.nn.Module):
    """Six ids more, each the most likely one."""

    def __init__(self) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(500, 128)
        self.body, self.head = layers(128, 2), torch.nn.Linear(128, 500)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        for _ in range(6):
            scores = self.head(self.body(self.words(ids)).mean(dim=1))
            ids = torch.cat([ids, torch.argmax(scores, dim=-1, keepdim=True)], dim=1)
        return ids


def generating() -> jitgate.Workload:
    return jitgate.Workload(Generating(), {"s": (torch.randint(0, 500, (1, 24)),)}, threads=1)


class Timed(torch.nn.Module):
    """Its input is a lone number."""

    def __init__(self) -> None:
        super().__init__()
        self.body = layers(256, 4)

    def forward(self, step: float) -> torch.Tensor:
        answer: torch.Tensor = self.body(torch.full((64, 256), 0.1) * step)
        return answer


def timed() -> jitgate.Workload:
    return jitgate.Workload(Timed(), {"s": (0.5,)}, threads=1)


HONEST = {
    "unchanging": (
        *("torchscript", "torchscript+trace", "compile", "inductor", "onnxruntime", "eager+bf16"),
        *("int8", "int8-dynamic"),
    ),
    "reading": ("torchscript", "compile", "inductor", "onnxruntime"),
    "choosing": ("torchscript", "compile", "onnxruntime"),
    "decoding": ("torchscript", "compile", "onnxruntime"),
    "generating": ("torchscript", "compile"),
    "timed": ("torchscript", "compile"),
}
"""Workload -> variants, none of which stores an answer."""
