"""What a file needs is imported by the process that loads it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jitgate.engines.remembered import needed, recall

from tests.surroundings import inherited

MODULE = """
import dataclasses

import torch
from torch.utils import _pytree


@torch.library.custom_op("remembered::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2


@twice.register_fake
def _(x):
    return torch.empty_like(x)


@dataclasses.dataclass
class Out:
    y: torch.Tensor


_pytree.register_dataclass(Out)


class Twice(torch.nn.Module):
    def forward(self, x):
        return torch.ops.remembered.twice(x)


class Structured(torch.nn.Module):
    def forward(self, x):
        return Out(x + 1)
"""

EXPORT = """
import json, sys
from pathlib import Path

import torch

import theirs
from jitgate.engines.onnxruntime import OnnxRuntime
from jitgate.engines.torchscript import TorchScript

x = torch.ones(2, 3)
facts = [
    TorchScript().export(theirs.Twice(), [(x,)], Path("twice.zip")),
    OnnxRuntime().export(theirs.Structured().eval(), [(x,)], Path("out.onnx")),
]
print(json.dumps(facts))
"""

LOAD = """
import json, sys
from pathlib import Path

import torch

from jitgate.engines.onnxruntime import OnnxRuntime
from jitgate.engines.remembered import recall
from jitgate.engines.torchscript import TorchScript

twice, out = json.loads(sys.argv[1])
assert "theirs" not in sys.modules
recall(twice)
assert TorchScript().load(Path("twice.zip"), "cpu", twice)(torch.ones(2, 3)).sum() == 12
del sys.modules["theirs"]
recall(out)
print(type(OnnxRuntime().load(Path("out.onnx"), "cpu", out)(torch.ones(2, 3))).__name__)
"""


def run(folder: Path, script: str, *arguments: str) -> str:
    paths = os.pathsep.join([str(folder), *sys.path])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *arguments],
        cwd=folder,
        env={**inherited(), "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_operators_and_classes_are_there_in_a_process_that_only_loads(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text(MODULE, encoding="utf-8")
    facts = json.loads(run(tmp_path, EXPORT))
    assert [json.loads(each["needs"])["modules"] for each in facts] == [["theirs"], ["theirs"]]
    assert run(tmp_path, LOAD, json.dumps(facts)) == "Out"


def test_what_torch_has_itself_needs_nothing() -> None:
    assert needed([], ["aten::add", "prim::Constant"]) == {}
    recall({})


def test_what_no_import_brings_is_named() -> None:
    facts = {**needed([], ["nowhere::op"]), "factory": "json"}
    with pytest.raises(RuntimeError, match="the file needs nowhere::op, which importing json does not register"):
        recall(facts)
