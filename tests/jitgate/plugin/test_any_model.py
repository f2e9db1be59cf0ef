"""Models whose values are no plain tensors, end to end: each is measured as any other, or refused in one sentence."""

from __future__ import annotations

import re

import pytest

from tests.jitgate.plugin.conftest import Project

MODELS = '''
import copy
import dataclasses

import torch
from torch import nn

import jitgate


def copied(module, example):
    return copy.deepcopy(module)


def reordered(module, example):
    weight = module.layer.weight.detach()

    def call(x):
        y = (weight @ x.T).T
        return Out(y, float(y.mean()), torch.fft.rfft(y))

    return call


def shorter(module, example):
    def call(x):
        out = module(x + 0)
        return Out(out.logits[:, :-1], out.mean, out.spectrum)

    return call


@dataclasses.dataclass
class Out:
    logits: torch.Tensor
    mean: float
    spectrum: torch.Tensor


class Foo:
    """Nothing that anyone knows."""


@torch.library.custom_op("theirs::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2


@twice.register_fake
def _(x):
    return torch.empty_like(x)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(16, 16, bias=False)


class Structured(Layer):
    def forward(self, x):
        y = self.layer(x)
        return Out(y, float(y.mean()), torch.fft.rfft(y))


class Masked(Layer):
    def forward(self, *, x, mask):
        return {"scores": torch.where(mask, self.layer(x), -torch.inf)}


class Twice(Layer):
    def forward(self, x):
        return torch.ops.theirs.twice(self.layer(x))


class Strange(Layer):
    def forward(self, x):
        return Out(self.layer(x), 1.0, [Foo()])


def structured():
    return jitgate.Workload(Structured().eval(), {"s": (torch.randn(4, 16),)}, threads=1)


def masked():
    def call(length):
        return jitgate.Call((), {"x": torch.randn(length, 16), "mask": torch.arange(16) % 4 > 0})

    return jitgate.Workload(Masked().eval(), {"s": [call(5), call(6)]}, threads=1)


def operator():
    return jitgate.Workload(Twice().eval(), {"s": (torch.randn(4, 16),)}, threads=1)


def quantised():
    module = torch.ao.quantization.quantize_dynamic(
        nn.Sequential(nn.Linear(16, 16)).eval(), {nn.Linear}, dtype=torch.qint8
    )
    return jitgate.Workload(module, {"s": (torch.randn(4, 16),)}, threads=1)


def strange():
    return jitgate.Workload(Strange().eval(), {"s": (torch.randn(4, 16),)}, threads=1)


def bert():
    from transformers import BertConfig, BertModel

    sizes = {"vocab_size": 100, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = BertModel(BertConfig(**sizes, intermediate_size=32)).eval()
    ids = torch.randint(1, 100, (2, 7))
    call = jitgate.Call((), {"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    return jitgate.Workload(model, {"s": call}, threads=1)
'''

WORKLOADS = {
    "structured": ["eager", "copied", "reordered", "shorter"],
    "masked": ["eager", "copied", "torchscript", "onnxruntime"],
    "operator": ["eager", "torchscript"],
    "quantised": ["eager", "copied"],
    "strange": ["eager", "copied"],
    "bert": ["eager", "onnxruntime"],
}

RIGHT = {
    "structured/s/copied",
    "structured/s/reordered",
    "masked/s/copied",
    "masked/s/torchscript",
    "masked/s/onnxruntime",
    "operator/s/torchscript",
    "quantised/s/copied",
    "bert/s/onnxruntime",
}

SAID = (
    "The output is not the baseline's: output.logits: sizes (4, 16) expected, (4, 15) found.",
    "output.spectrum[0] is a Foo; register it with torch.utils._pytree or return tensors",
)


@pytest.mark.slow
def test_each_is_measured_or_refused_in_one_sentence(project: Project) -> None:
    pytest.importorskip("transformers", reason="the extra `llm` is not installed")
    pytest.importorskip("onnxruntime", reason="the extra `onnx` is not installed")
    (project.path / "mypackage" / "models.py").write_text(MODELS, encoding="utf-8")
    tables = "".join(
        f'[tool.jitgate.workloads.{name}]\nfactory = "mypackage.models:{name}"\nscenarios = ["s"]\n'
        f"variants = {variants}\n" + ('non_finite = "equal"\n' if name == "masked" else "")
        for name, variants in WORKLOADS.items()
    )
    own = "".join(
        f'[tool.jitgate.variants.{name}]\nfactory = "mypackage.models:{name}"\n'
        for name in ("copied", "reordered", "shorter")
    )
    (project.path / "pyproject.toml").write_text(f"[tool.jitgate]\n{tables}{own}", encoding="utf-8")
    done = project.pytest("--jitgate-smoke", "-q", "-rA", "-k", "gives_the_answer", timeout_s=600)
    passed = set(re.findall(r"PASSED .*gives_the_answer_of_eager\[(.*)\]", done.stdout))
    assert passed == RIGHT, done.stdout
    assert done.returncode == 1
    for words in SAID:
        assert words in done.stdout
    assert "Traceback" not in done.stdout
