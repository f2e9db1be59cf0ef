"""What an error says, as one line for a person: every message of ours that quotes an error takes its words here."""

from __future__ import annotations

import builtins
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jitgate.model.printable import printable

LONGEST = 240
"""Characters that are quoted: an operator, its type and where it stands fit; the dump of a graph does not."""

_WHERE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (Load model from .* failed: ?)?")
"""What ONNX Runtime says before the reason; the path is longer than the reason may be."""

_WORDS = re.compile(r"[^\W\d_]{2,}")

_HEADINGS = ("#", "[", "---", "===", "***", "File ", "Traceback ")
"""How lines begin that head a report, and give no reason."""

_TRACEBACK = re.compile(r"^\s*Traceback\b.*:\s*$", re.MULTILINE)
"""An error that quotes another one's traceback, as TorchScript's interpreter and inductor's compile processes do."""

_RAISED = re.compile(r"^(?:builtins\.)?((?:\w+\.)*\w*(?:Error|Exception|Exit|Interrupt|Warning|Unsupported)\b.*)$")

_LEADS_ON = re.compile(r"\.?:$")
"""How a line ends that has code below it, as TorchScript's do."""

_COMPILER = re.compile(r"\b(?:fatal )?error(?: \w+)?: .+")
"""What a C++ compiler says where it gives up; before it stand its whole command and its includes."""

_REWORDED = (
    (
        re.compile(r"^'_OpNamespace' '(\w+)' object has no attribute '(\w+)'$"),
        r"the operator \1::\2 is not registered; import the module that registers it in the module of your factory",
    ),
    (
        re.compile(r"^Could not guard on data-dependent expression (.+?)(?: \(unhinted: .*)?$"),
        r"its control flow depends on data (\1)",
    ),
    (
        re.compile(r"^No ONNX function found for <OpOverload\(op='([\w.]+)'.*$"),
        r"No ONNX function found for the operator \1",
    ),
    (
        re.compile(r"^could not get source code$"),
        "a part of this model has no source to be read (a lambda, or code that was made while running)",
    ),
    (
        re.compile(r"^Expected a single top-level function:.*$"),
        "a hook or a function of this model is a lambda, and has no source to be read",
    ),
    (
        re.compile(r"^'(\w+)' object has no attribute '__name__'$"),
        r"it has a hook that is an object (\1) and no function",
    ),
    (
        re.compile(r"^Found <class '([\w.<>]+)'> in output, which is not a known type\b.*$"),
        r"its output is or holds a \1, which torch.export does not know",
    ),
    (
        re.compile(r"^__torch__\.([\w.]+) .*does not have a field with name '__obj_flatten__'.*$"),
        r"its packed weights (\1) have no parts that torch.export knows",
    ),
    (
        re.compile(r"^error details: Unable to cast (\w+)\(.*$"),
        r"a scripted forward does not take a \1",
    ),
)
"""What torch says of its own parts, and what that means to its user."""

_QUOTED = re.compile(r'File "([^"]+)", line (\d+)')
"""A line of code in what a compiler says."""

ENDINGS = {
    SystemExit: "it called sys.exit",
    KeyboardInterrupt: "it raised the interrupt itself",
    GeneratorExit: "it closed a generator from inside",
}
"""What ends a process rather than a call, raised by code that is only called."""

ENDED = "raise an error that says why instead"


def shortly(error: BaseException) -> str:
    """The class of the innermost cause, and the first line of it that has words; at most `LONGEST` characters.

    An error without words says where it was raised.
    """
    return _said(causes(error)[-1])


def with_place(error: BaseException) -> str:
    """As `shortly`, and the user's own line that raised it, where there is one."""
    return _said(causes(error)[-1], own_place(error))


def outermost(error: BaseException) -> str:
    """As `shortly`, of the error itself: what was raised last, in the words of who raised it."""
    return _said(error)


def _said(error: BaseException, place: str = "") -> str:
    name = type(error).__name__
    said = first_words(str(error))
    if isinstance(error, KeyError) and error.args:
        said = first_words(repr(error.args[0]))  # a key stays quoted, also one that is a sentence
    ending = next((told for kind, told in ENDINGS.items() if isinstance(error, kind)), "")
    if ending:
        return f"{cut(f'{name} ({said})' if said else name)}: {ending}{place}; {ENDED}"
    said = next((pattern.sub(words, said) for pattern, words in _REWORDED if pattern.search(said)), said)
    said = said.removeprefix(f"{name}: ")  # what an interpreter quotes begins with the class, too
    return f"{cut(f'{name}: {said}')}{place}" if said else cut(f"{name} without a word{place_of(error)}")


def first_words(text: str) -> str:
    """The line of an error's text that gives its reason; its last word where it quotes a traceback. "" for none."""
    lines = [_WHERE.sub("", line.strip()).strip() for line in printable(text).splitlines()]
    lines = [line for line in lines if line]
    if _TRACEBACK.search(printable(text)):
        for line in reversed(lines):
            if raised := _RAISED.match(line):
                return raised[1]
    if lines and len(lines) > 1 and (compiler := next(filter(None, map(_COMPILER.search, lines)), None)):
        return compiler[0]
    spoken = [line for line in lines if _WORDS.search(line)]
    reasons = [line for line in spoken if not line.startswith(_HEADINGS)]
    return _LEADS_ON.sub("", next(iter([*reasons, *spoken, *lines]), ""))


def cut(text: str) -> str:
    """At most `LONGEST` characters of `text`: whole sentences, where these are half of that."""
    if len(text) <= LONGEST:
        return text
    end = text.rfind(". ", LONGEST // 2, LONGEST) + 1
    return text[:end] if end else text[: LONGEST - 3] + "..."


_GROUPS: tuple[Any, ...] = tuple(filter(None, [getattr(builtins, "BaseExceptionGroup", None)]))
"""None in the workers of Python 3.10."""


def causes(error: BaseException) -> list[BaseException]:
    """The error and what caused it (`raise ... from`; the first of a group), in order; each once."""
    return list(_chain(error, everything=False))


def origins(error: BaseException) -> list[BaseException]:
    """As `causes`, and also what was being handled when it was raised, even `from None`, as Dynamo does."""
    return list(_chain(error, everything=True))


def _chain(error: BaseException, *, everything: bool) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in seen:
        seen.append(link)
        yield link
        inner = link.exceptions[0] if isinstance(link, _GROUPS) else link.__cause__
        link = inner or (link.__context__ if everything else None)


def own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The lines of a traceback that are neither ours nor a library's."""
    return [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]


def own_place(error: BaseException) -> str:
    """` at models.py:8`: the user's own line that an error is about, by its traceback or by what it quotes; "" where
    neither has one."""
    inner = causes(error)[-1]
    frames = own_frames(inner) or own_frames(error)
    quoted = [(file, line) for file, line in _QUOTED.findall(str(inner)) if _is_own(file)]
    found = (frames[-1].filename, frames[-1].lineno) if frames else next(iter(quoted), None)
    return f" at {shown(found[0])}:{found[1]}" if found else ""


def shown(filename: str) -> str:
    """A path as a user would write it in this folder."""
    path = Path(filename)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _is_own(filename: str) -> bool:
    libraries = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[1]), "<")  # `<string>` made a dataclass
    return not filename.startswith(libraries) and "site-packages" not in filename


def place_of(error: BaseException) -> str:
    """` at model.py:8 (assert x.ndim == 3)`: the line that raised it; "" where that is not known."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f" at {last.filename}:{last.lineno}" + (f" ({last.line})" if last.line else "")
