"""What was measured, as digests: by them later runs tell whether they measure the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ContentDigests:
    """Of a scenario's inputs and of the weights: each `FORM-BITS`, a digest of names, types and sizes, and one of the
    values too; "" where no model could be built."""

    inputs: str = ""
    weights: str = ""
