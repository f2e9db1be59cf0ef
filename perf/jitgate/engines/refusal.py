"""What an exporter or a precision can't carry, as one sentence instead of its traceback."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from jitgate.model.errors import Unavailable

LONGEST = 240
"""Characters that are quoted: an operator, its type and where it stands fit; the dump of a graph does not."""

NO_KERNEL = re.compile(
    r"not implemented for '|doesn't support tensors of type|does not support tensors of type|"
    r"Could not run 'aten::|no kernel image is available|Unsupported dtype|Only supports .* dtype|"
    r"Expected both inputs to be Half, Float or Double tensors"
)
"""How torch says that an operator has no kernel for a type or device."""

MIXED = re.compile(
    r"must have the same dtype|expected scalar type|expected m1 and m2 to have the same dtype|should be the same|"
    r"to have the same dtype|does not match .*dtype|dtypes? mismatch|Index put requires .* dtypes match"
)
"""How torch says that a module brings tensors of two precisions together."""

_WHERE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (Load model from .* failed: ?)?")
"""What ONNX Runtime says before the reason; the path is longer than the reason may be."""


@contextlib.contextmanager
def refusing(exporter: str, *names: str) -> Iterator[None]:
    """Turn what `exporter` raises when it can't carry a model into Unavailable; everything else goes on.

    names: classes of such errors by name, so that no private module has to be imported; a subclass counts too. The
    error that caused them says most, and is quoted.
    """
    try:
        yield
    except Unavailable:
        raise
    except Exception as error:
        if not any(kind.__name__ in names for link in _chain(error) for kind in type(link).__mro__):
            raise
        raise Unavailable(f"{exporter} can't carry this model: {shortly(error)}") from error


def lacks_precision(error: BaseException, precision: str) -> str | None:
    """What the first call in `precision` says where torch or the module can't compute in it; None for other errors."""
    said = {"an operator of this model has no {} here": NO_KERNEL, "this model mixes {} with another precision": MIXED}
    for link in _chain(error):
        for line in str(link).splitlines():
            for sentence, pattern in said.items():
                if pattern.search(line):
                    return f"{sentence.format(precision)}: {_cut(line.strip())}"
    return None


def shortly(error: BaseException) -> str:
    """The first line that the innermost cause says, with its class."""
    deepest = _chain(error)[-1]
    lines = [_WHERE.sub("", line).strip() for line in str(deepest).splitlines()]
    first = next((line for line in lines if line and not line.startswith(("#", "[", "---", "==="))), "")
    return _cut(f"{type(deepest).__name__}: {first}" if first else type(deepest).__name__)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it, in order; each once."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__
    return links
