"""What is missing is named with the line that installs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from jitgate_cosyvoice.checkout.imports import Imports
from jitgate_cosyvoice.checkout.place import find_checkout


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import omegaconf_\n", "cosyvoice.odd needs omegaconf_, which is not installed: pip install omegaconf_"),
        ("import whisper.tokenizer", "needs whisper, which is not installed: pip install openai-whisper==1"),
        (
            "import matcha.gone",
            "and third_party/Matcha-TTS of the checkout does not have it: git -C ",
        ),
        ("import cosyvoice.gone", "the checkout has no module cosyvoice.gone; file and checkout are of different"),
        ("from torch import gone_", "cosyvoice.odd can't be imported (ImportError: cannot import name 'gone_'"),
        ("1 / 0", "cosyvoice.odd can't be imported (ZeroDivisionError: division by zero)"),
        ("def", "cosyvoice.odd can't be imported (SyntaxError: "),
        ("Thing = 1", "cosyvoice.odd of the checkout has no 'Think', did you mean Thing?"),
    ],
)
def test_one_sentence_with_a_remedy(checkout: Path, unimported: None, source: str, said: str) -> None:
    (checkout / "cosyvoice" / "odd.py").write_text(source)
    found = find_checkout(checkout)
    found.activate()
    with pytest.raises(UsageError) as caught:
        Imports(found)("cosyvoice.odd.Think", "!new", "model.yaml, flow")
    assert str(caught.value).startswith("model.yaml, flow: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_version_that_the_checkout_asks_for(checkout: Path, unimported: None) -> None:
    imports = Imports(find_checkout(checkout))
    assert imports._requirement("omegaconf") == "omegaconf==2.3.0"
    assert imports._requirement("einops") == "einops"
    (checkout / "requirements.txt").unlink()
    assert imports._requirement("omegaconf") == "omegaconf"
