"""Where a checkout is, and which yaml counts."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from jitgate_cosyvoice.checkout.place import FAMILIES, Checkout, find_checkout


def refused(folder: Path, checkpoint: Path | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        find_checkout(folder, checkpoint)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_a_checkpoint_the_examples_say_what_to_build(checkout: Path) -> None:
    found = find_checkout(checkout)
    assert tuple(found.blueprints) == FAMILIES[1:]
    assert all("libritts" in path.parts for path in found.blueprints.values())


def test_a_yaml_beside_the_weights_counts_alone(checkout: Path, tmp_path: Path) -> None:
    checkpoint = tmp_path / "weights"
    checkpoint.mkdir()
    assert tuple(find_checkout(checkout, checkpoint).blueprints) == FAMILIES[1:]
    (checkpoint / "cosyvoice.yaml").write_text("")
    found = find_checkout(checkout, checkpoint)
    assert found.blueprints == {"cosyvoice": (checkpoint / "cosyvoice.yaml").resolve()}
    with pytest.raises(UsageError, match=r"there is no cosyvoice2\.yaml \(found: .*cosyvoice\.yaml\)"):
        found.blueprint("cosyvoice2")


def test_what_is_no_checkout(checkout: Path, tmp_path: Path) -> None:
    assert "nowhere: there is no such folder" in refused(tmp_path / "nowhere")
    assert "is not a checkout of CosyVoice: it has no folder cosyvoice; name the one above it" in refused(tmp_path)
    assert refused(checkout / "cosyvoice").endswith(f"did you mean {checkout.resolve()}?")


def test_no_yaml_anywhere(checkout: Path, tmp_path: Path) -> None:
    for path in list((checkout / "examples").rglob("*.yaml")):
        path.unlink()
    assert "there is none of cosyvoice3.yaml, cosyvoice2.yaml, cosyvoice.yaml, in examples/*/*/conf;" in refused(
        checkout
    )
    assert f"neither with the weights in {tmp_path} nor in examples/*/*/conf;" in refused(checkout, tmp_path)
    (tmp_path / "cosyvoice3.yaml").write_text("")
    assert f"--jitgate-checkpoint {tmp_path} is CosyVoice3, not supported without" in refused(checkout, tmp_path)


def test_the_checkout_and_its_submodule_come_first_on_the_path(checkout: Path, unimported: None) -> None:
    found = find_checkout(checkout)
    for _ in range(2):
        found.activate()
        assert sys.path[:2] == [str(found.folder), str(found.folder / "third_party" / "Matcha-TTS")]
    assert sys.path.count(str(found.folder)) == 1


def test_another_cosyvoice_in_the_process_is_refused(
    checkout: Path, tmp_path: Path, unimported: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = types.ModuleType("cosyvoice")
    other.__file__ = str(tmp_path / "site-packages" / "cosyvoice" / "__init__.py")
    monkeypatch.setitem(sys.modules, "cosyvoice", other)
    with pytest.raises(UsageError, match=r"another cosyvoice package is loaded already, from .*site-packages"):
        find_checkout(checkout).activate()


def test_files_in_use_are_the_checkouts_own(checkout: Path, unimported: None) -> None:
    found = find_checkout(checkout)
    assert found.loaded_files() == []
    found.activate()
    __import__("cosyvoice.utils.mask")
    assert [path.relative_to(found.folder).as_posix() for path in found.loaded_files()] == [
        "cosyvoice/__init__.py",
        "cosyvoice/utils/__init__.py",
        "cosyvoice/utils/mask.py",
    ]
    assert Checkout(found.folder / "cosyvoice" / "flow", {}).loaded_files() == []


def test_a_bare_name_is_no_file_of_the_checkout_that_one_stands_in(
    checkout: Path, unimported: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `torch.ops` has `_ops.py`."""
    found = find_checkout(checkout)
    monkeypatch.chdir(found.folder)
    made = types.ModuleType("made_up")
    made.__file__ = "_made_up.py"
    monkeypatch.setitem(sys.modules, "made_up", made)
    assert found.loaded_files() == []
