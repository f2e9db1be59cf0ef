"""Do two runs measure the same? By the digests of inputs and weights."""

from __future__ import annotations


def same(one: str, other: str, *, one_machine: bool) -> bool:
    """Digests `FORM-BITS`, or "" where it is not known. Across machines the form decides: random values may differ in
    their last bits from processor to processor."""
    if not one or not other or one == other:
        return True
    return not one_machine and one.partition("-")[0] == other.partition("-")[0]
