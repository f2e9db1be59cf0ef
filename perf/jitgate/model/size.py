"""Sizes in bytes, as people write them."""

from __future__ import annotations

import re

from jitgate.model.errors import UsageError

# IEC prefixes are powers of 1024, SI prefixes powers of 1000 (ISO/IEC 80000-13).
_FACTORS = {
    "": 1,
    **{f"{p}i": 1024**n for n, p in enumerate("KMGT", 1)},
    **{p: 1000**n for n, p in enumerate("KMGT", 1)},
}


def parse_bytes(text: object, where: str) -> int:
    """`4GiB`, `350 MiB`, `1.5GB` in bytes; UsageError for anything else, naming `where`."""
    match = (
        re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]i?)?B\s*", text, re.IGNORECASE) if isinstance(text, str) else None
    )
    if match is None:
        raise UsageError(f'{where}: {text!r} is not a size; write a number and a unit, as in "4GiB" or "350MiB"')
    prefix = (match[2] or "").upper().replace("I", "i")
    size: int = round(float(match[1]) * _FACTORS[prefix])
    if size <= 0:
        raise UsageError(f"{where}: a size of {text!r} lets nothing pass; write a size above 0")
    return size


def format_bytes(size: float) -> str:
    """Bytes for a person: `183 MiB`, `2.41 GiB`."""
    for prefix in ("", "Ki", "Mi", "Gi"):
        if size < 1024 or prefix == "Gi":
            digits = 2 if prefix == "Gi" else 0
            return f"{size:.{digits}f} {prefix}B"
        size /= 1024
    raise AssertionError("unreachable")


def mib(size: float) -> str:
    """Mebibytes for a person, all figures of a sentence in the one unit so that they can be added up."""
    found = size / (1 << 20)
    return f"{found:.0f} MiB" if found >= 10 or not found else f"{max(0.1, found):.1f} MiB"
