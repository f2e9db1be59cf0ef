"""A yaml alone runs nothing: of what it names, only modules of the checkout and layers of torch are built."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from jitgate_cosyvoice.checkout.blueprint import Blueprint
from jitgate_cosyvoice.checkout.imports import Imports
from jitgate_cosyvoice.checkout.place import find_checkout
from torch import nn

from tests.jitgate_cosyvoice.blueprints import COSYVOICE2
from tests.jitgate_cosyvoice.checkout.conftest import CheckpointPart

TELLTALE = """
import os
import subprocess

from torch import nn


def ran(*_, **__):
    open(os.environ["TELLTALE"], "w").close()


class Odd:
    def __init__(self, *_, **__):
        ran()


class Layer(nn.Module):
    pass


alias = os.system
"""

HOSTILE = [
    "!apply:os.system ['touch {file}']",
    "!new:os.system ['touch {file}']",
    "!new:subprocess.Popen [['touch', '{file}']]",
    "!apply:subprocess.check_call [['touch', '{file}']]",
    '!apply:builtins.eval [\'open("{file}", "w")\']',
    "!apply:builtins.open ['{file}', 'w']",
    "!new:pathlib.Path ['{file}']",
    "!apply:torch.save [[], '{file}']",
    "!apply:torch.load ['{file}']",
    "!apply:torch.hub.load ['x', 'y']",
    "!apply:torch.nn.modules.module.os.system ['touch {file}']",
    "!apply:torch.nn.init.ones_ [1]",
    "!apply:omegaconf.OmegaConf.load ['{file}']",
    "!apply:numpy.load ['{file}']",
    "!apply:runpy.run_path ['{file}']",
    "!apply:importlib.import_module ['this']",
    "!apply:cosyvoice.odd.os.system ['touch {file}']",
    "!apply:cosyvoice.odd.alias ['touch {file}']",
    "!name:cosyvoice.odd.alias ['touch {file}']",
    "!new:cosyvoice.odd.subprocess.Popen [['touch', '{file}']]",
    "!apply:cosyvoice.odd.ran",
    "!new:cosyvoice.odd.ran",
    "!new:cosyvoice.odd.Odd",
    "!new:cosyvoice.odd.Layer.__subclasses__",
    "!name:os.system",
    "!include:{file}",
    "!!python/object/apply:os.system ['touch {file}']",
    "!!python/object/new:subprocess.Popen [['touch', '{file}']]",
]


@pytest.fixture
def telltale(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that exists once something has been executed."""
    file = tmp_path / "telltale"
    monkeypatch.setenv("TELLTALE", str(file))
    (checkout / "cosyvoice" / "odd.py").write_text(TELLTALE)
    return file


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_of_a_yaml_with_the_weights_is_executed(
    part: CheckpointPart, tmp_path: Path, telltale: Path, value: str
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    hostile = f"    num_blocks: {value.format(file=telltale.as_posix())}"
    (weights / "cosyvoice2.yaml").write_text(COSYVOICE2.replace("    num_blocks: 2", hostile))
    loaded = set(sys.modules)

    with pytest.raises(UsageError) as caught:
        part("cosyvoice2", "flow.encoder", weights)

    assert not telltale.exists()
    assert "encoder.num_blocks" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {"runpy", "this"} & (set(sys.modules) - loaded) == set()


def test_what_is_at_the_head_of_a_file_and_not_asked_for_stays_unread(
    part: CheckpointPart, tmp_path: Path, telltale: Path
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "cosyvoice2.yaml").write_text(f"seed: !apply:os.system ['touch {telltale.as_posix()}']\n{COSYVOICE2}")
    with pytest.raises(UsageError, match=r"flow\.pt: there is no such file"):
        part("cosyvoice2", "flow.encoder", weights)
    assert not telltale.exists()


def test_layers_of_torch_and_functions_of_the_checkout_are_found(
    checkout: Path, unimported: None, telltale: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model.yaml"
    path.write_text("act: !new:torch.nn.GELU\nlayer: !new:cosyvoice.odd.Layer\nlater: !name:cosyvoice.odd.ran\n")
    found = find_checkout(checkout)
    found.activate()
    blueprint = Blueprint(path, "model.yaml", Imports(found))

    assert isinstance(blueprint.build("act"), nn.GELU)
    assert isinstance(blueprint.build("layer"), nn.Module)
    assert callable(blueprint.build("later"))
    assert not telltale.exists()
