"""What is missing is named with the line that installs it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from jitgate_cosyvoice.checkout.imports import Imports
from jitgate_cosyvoice.checkout.needed import needed
from jitgate_cosyvoice.checkout.packages import culprit, of_error, problems, remedy
from jitgate_cosyvoice.checkout.place import find_checkout

FARTHER = """
from typing import TYPE_CHECKING

import absent_
from matcha import tools

try:
    import optional_
except ImportError:
    optional_ = None

if TYPE_CHECKING:
    import typed_


def later():
    import unused_
"""


def write_packages(folder: Path) -> None:
    """`broken_`, which fails as a library for another torch does, and `above_`, which imports it."""
    (folder / "broken_").mkdir(parents=True)
    (folder / "broken_" / "__init__.py").write_text('raise OSError("no such library")')
    (folder / "above_.py").write_text("import broken_")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import omegaconf_\n", "cosyvoice.odd needs omegaconf_, which is not installed: pip install omegaconf_"),
        ("import whisper.tokenizer", "needs whisper, which is not installed: pip install openai-whisper"),
        (
            "import b_, torchx_.a\nfrom a_ import c",
            "needs b_, torchx_ and a_, which are not installed: pip install b_",
        ),
        ("from cosyvoice import farther", "needs absent_, whisper and lost_, which are not installed: pip install abs"),
        ("import broken_", "needs broken_, which is installed and can't be loaded (OSError: no such library)"),
        ("import above_, gone_", "needs gone_, which is not installed: pip install gone_, and broken_, which is inst"),
        (
            "import matcha.gone",
            "and third_party/Matcha-TTS of the checkout does not have it: git -C ",
        ),
        ("import cosyvoice.gone", "the checkout has no module cosyvoice.gone; file and checkout are of different"),
        ("from torch import gone_", "cosyvoice.odd can't be imported (ImportError: cannot import name 'gone_'"),
        ("1 / 0", "cosyvoice.odd can't be imported (ZeroDivisionError: division by zero)"),
        ("raise SystemExit('no card')", "cosyvoice.odd can't be imported (SystemExit (no card): it called sys.exit"),
        ("raise KeyboardInterrupt", "cosyvoice.odd can't be imported (KeyboardInterrupt: it raised the interrupt"),
        ("def", "cosyvoice.odd can't be imported (SyntaxError: "),
        ("Thing = 1", "cosyvoice.odd of the checkout has no 'Think', did you mean Thing?"),
    ],
)
def test_one_sentence_with_a_remedy(
    checkout: Path, unimported: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    write_packages(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "site")
    (checkout / "cosyvoice" / "odd.py").write_text(source)
    (checkout / "cosyvoice" / "farther.py").write_text(FARTHER)
    found = find_checkout(checkout)
    found.activate()
    with pytest.raises(UsageError) as caught:
        Imports(found)("cosyvoice.odd.Think", "!new", "model.yaml, flow")
    assert str(caught.value).startswith("model.yaml, flow: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_modules_need_is_read_and_not_run(checkout: Path) -> None:
    (checkout / "cosyvoice" / "farther.py").write_text(FARTHER)
    matcha = checkout / "third_party" / "Matcha-TTS"
    found = needed(["cosyvoice.farther", "cosyvoice.nowhere"], (checkout, matcha))
    assert found == ["absent_", "whisper", "lost_.deep"]
    assert not (checkout / "cosyvoice" / "imported_by").exists()


def test_pins_of_another_torch_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"torch": "2.13.0+cpu"}
    monkeypatch.setattr(metadata, "version", installed.__getitem__)
    index = "https://download.pytorch.org/whl/cpu"
    assert problems(["torchaudio_", "json"]) == "torchaudio_, which is not installed: pip install torchaudio_"
    absent = ModuleNotFoundError("No module named 'torchaudio'", name="torchaudio")
    said = of_error(absent)
    assert said.endswith(f"not installed: pip install --no-deps torchaudio --index-url {index}")
    line = f"pip install --force-reinstall --no-deps torchaudio --index-url {index}"
    assert remedy("torchaudio") == f"take the build for torch 2.13.0+cpu, {line}"
    installed["torch"] = "2.13.0"
    assert of_error(absent).endswith("pip install --no-deps torchaudio")
    assert remedy("soundfile") == "pip install --force-reinstall --no-deps soundfile"


def test_the_innermost_package_is_to_blame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_packages(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(OSError, match="no such library") as caught:
        __import__("above_")
    trace = caught.value.__traceback__
    assert culprit(caught.value.with_traceback(trace and trace.tb_next)) == "broken_"
    assert culprit(ValueError("never raised")) is None
