"""Models whose values are no plain tensors, end to end: each is measured as any other, or refused in one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from subprocess import CompletedProcess

import pytest
from jitgate.engines.compiler import missing_compiler

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


def encoder():
    layer = nn.TransformerEncoderLayer(64, 2, 128, batch_first=True)
    module = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    return jitgate.Workload(module, {"s": (torch.randn(2, 8, 64),)}, threads=1)


class Generate(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        return self.model.generate(ids, min_new_tokens=4, max_new_tokens=4, do_sample=False)


def tokens():
    from transformers import T5Config, T5ForConditionalGeneration

    sizes = {"vocab_size": 100, "d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 1, "num_heads": 2}
    model = T5ForConditionalGeneration(T5Config(**sizes, decoder_start_token_id=0, pad_token_id=0)).eval()
    return jitgate.Workload(Generate(model), {"s": (torch.randint(1, 100, (1, 7)),)}, threads=1)


def empty():
    class Empty(nn.Module):
        def forward(self, x):
            return None

    return jitgate.Workload(Empty(), {"s": (torch.randn(4, 16),)}, threads=1)


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


INTEGERS = {
    "encoder": ["eager", "int8-dynamic"],
    "allowed": ["eager", "int8-dynamic"],
    "tokens": ["eager", "torchscript", "int8-dynamic"],
}

FILES = {"operator": ["eager", "inductor"], "bert": ["eager", "inductor"], "empty": ["eager", "copied"]}

REAL = "test_candidate_runs_what_its_name_says"
EQUAL = "test_candidate_gives_the_answer_of_eager"


def called_once(project: Project, workloads: Mapping[str, Sequence[str]]) -> CompletedProcess[str]:
    """A session that calls every variant of these workloads once."""
    (project.path / "mypackage" / "models.py").write_text(MODELS, encoding="utf-8")
    settings = {"masked": 'non_finite = "equal"\n', "allowed": 'partly_quantised = "allow"\n'}
    tables = "".join(
        f'[tool.jitgate.workloads.{name}]\nfactory = "mypackage.models:{name.replace("allowed", "encoder")}"\n'
        f'scenarios = ["s"]\nvariants = {variants}\n{settings.get(name, "")}'
        for name, variants in workloads.items()
    )
    own = "".join(
        f'[tool.jitgate.variants.{name}]\nfactory = "mypackage.models:{name}"\n'
        for name in ("copied", "reordered", "shorter")
    )
    (project.path / "pyproject.toml").write_text(f"[tool.jitgate]\n{tables}{own}", encoding="utf-8")
    return project.pytest("--jitgate-smoke", "-q", "-rA", "-k", "gives_the_answer or runs_what", timeout_s=900)


def passed(done: CompletedProcess[str], test: str) -> set[str]:
    """The cells of which `test` is green."""
    assert "Traceback" not in done.stdout
    return set(re.findall(rf"PASSED .*{test}\[(.*)\]", done.stdout))


@pytest.mark.slow
def test_each_is_measured_or_refused_in_one_sentence(project: Project) -> None:
    pytest.importorskip("transformers", reason="the extra `llm` is not installed")
    pytest.importorskip("onnxruntime", reason="the extra `onnx` is not installed")
    done = called_once(project, WORKLOADS)
    assert passed(done, EQUAL) == RIGHT, done.stdout
    assert done.returncode == 1
    for words in SAID:
        assert words in done.stdout


@pytest.mark.slow
def test_integers_in_some_layers_are_said_and_are_the_users_choice(project: Project) -> None:
    pytest.importorskip("transformers", reason="the extra `llm` is not installed")
    pytest.importorskip("torchao", reason="the extra `int8` is not installed")
    done = called_once(project, INTEGERS)
    assert passed(done, REAL) == {"allowed/s/int8-dynamic", "tokens/s/int8-dynamic"}, done.stdout
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    left = "int8-dynamic quantised 4 of 6 linear layers, and left layers.0.self_attn.out_proj"
    assert 'measure it all the same with partly_quantised = "allow" in the table of the workload' in said
    assert re.search(rf"note: .{{0,3}}{re.escape(left)}", said)
    assert "export failed: TorchScript can't carry this model: OSError: a part of this model has no source" in said


@pytest.mark.slow
@pytest.mark.skipif(missing_compiler() is not None, reason=str(missing_compiler()))
def test_a_package_finds_the_classes_of_its_output_and_an_operator_of_the_factorys_module(project: Project) -> None:
    pytest.importorskip("transformers", reason="the extra `llm` is not installed")
    done = called_once(project, FILES)
    assert passed(done, EQUAL) == {"bert/s/inductor", "operator/s/inductor"}, done.stdout
    said = " ".join(done.stdout.split())
    assert "output is None, so that no variant could be wrong; let forward return its tensors" in said
