"""What an exporter or a precision can't carry, as one sentence instead of its traceback."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator

from jitgate.model.error_words import causes, cut, origins, own_place, shortly
from jitgate.model.errors import Unavailable, UsageError
from jitgate.model.out_of_memory import about_memory
from jitgate.model.printable import printable

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


FOLD = (
    "fold it into the weights in your factory, with torch.nn.utils.parametrize.remove_parametrizations or "
    "torch.nn.utils.remove_weight_norm"
)
"""What to do about weights that are computed in each call."""

REMEDIES = (
    (re.compile(r"Parametrization is not working"), FOLD),
    (re.compile(r"(Weight|Spectral)Norm|weight_norm"), FOLD),
    (re.compile(r"a hook that is an object|packed weights"), "take compile, or leave the variant out"),
    (re.compile(r"torch\.export does not know"), "register it with torch.export.register_dataclass, or return tensors"),
    (
        re.compile(r"depends on data"),
        "take compile, or write the condition with torch.where or torch.cond",
    ),
    (re.compile(r"no source to be read"), "write that part as a function or a class in a file"),
    (re.compile(r"No ONNX function found"), "take compile or inductor, or leave the variant out"),
    (re.compile(r"Unknown builtin op"), "import the module that registers it in the module of your factory"),
    (re.compile(r"torch\.library\.custom_op"), "take compile, or register the operator in C++"),
)
"""What an exporter's refusal has in it, and the way out."""

THERE = "change the model there, or leave the variant out"
OTHERWISE = "change the model, or leave the variant out"
"""What to do where the reason is all that is known."""


@contextlib.contextmanager
def refusing(exporter: str, *names: str) -> Iterator[None]:
    """Turn whatever `exporter` raises into Unavailable, with the innermost cause and the way out.

    names: the only classes that are meant, by name, where others say that a file is damaged; a subclass counts too.

    Code of ours must not run inside: its faults are no refusal. A lack of memory is none either, nor is a card that
    has failed.
    """
    try:
        yield
    except (Unavailable, UsageError):
        raise
    except Exception as error:
        meant = not names or any(kind.__name__ in names for link in causes(error) for kind in type(link).__mro__)
        if not meant or about_memory(error) or "CUDA error" in str(error):
            raise
        raise Unavailable(
            f"{exporter} can't carry this model: {with_remedy(shortly(error), own_place(error))}"
        ) from error


def with_remedy(said: str, place: str = "") -> str:
    """What an exporter says, and what to do. place: of the user's line that it is about, ` at models.py:8`."""
    way = next((way for pattern, way in REMEDIES if pattern.search(said)), THERE if place else OTHERWISE)
    words = said if said.endswith("...") else said.rstrip(". ")
    return f"{words}{place}; {way}"


def lacks_precision(error: BaseException, precision: str) -> str | None:
    """What the first call in `precision` says where torch or the module can't compute in it; None for other errors.

    What was raised first says it shortest: a compiler's words around it are long, and would be cut before it.
    """
    said = {"an operator of this model has no {} here": NO_KERNEL, "this model mixes {} with another precision": MIXED}
    if not any(_spoken(link, said.values()) for link in causes(error)):
        return None
    for link in reversed(origins(error)):
        for sentence, pattern in said.items():
            if line := _spoken(link, [pattern]):
                return f"{sentence.format(precision)}: {cut(line)}"
    return None


def _spoken(error: BaseException, patterns: Iterable[re.Pattern[str]]) -> str | None:
    """The first line of an error that has one of `patterns` in it."""
    lines = printable(str(error)).splitlines()
    return next((line.strip() for line in lines if any(pattern.search(line) for pattern in patterns)), None)
