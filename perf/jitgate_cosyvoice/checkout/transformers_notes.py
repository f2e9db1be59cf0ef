"""What a reader should know of the transformers that a checkout's language model runs on. Free of torch."""

from __future__ import annotations

from importlib import metadata

from jitgate.model.interpreter import Interpreter

PIN = "4.51.3"
"""CosyVoice's."""


def transformers_note(interpreter: Interpreter | None = None) -> str:
    """One sentence where another release than CosyVoice's pin is installed; empty where it is the pin, or none is.

    interpreter: the Python that workers run in; None for this one.
    Source: CosyVoice passes a mask of the length of its input, which 4.51.3 ignores and later releases obey: on 5.23,
    log-probabilities differ by up to 5.5e-2 from the pin's.
    """
    version = _here() if interpreter is None else interpreter.versions.get("transformers", "")
    if not version or version.split(".")[:2] == PIN.split(".")[:2]:
        return ""
    changes = "changes what" if version.split(".", maxsplit=1)[0] == "5" else "may change what"
    return (
        f"transformers {version} {changes} CosyVoice's language model answers (it pins {PIN}; 5.23 moves "
        "log-probabilities by 5.5e-2, so that other tokens are spoken); name an environment with the pin by "
        "--jitgate-cosyvoice-python"
    )


def _here() -> str:
    try:
        return metadata.version("transformers")
    except metadata.PackageNotFoundError:
        return ""
