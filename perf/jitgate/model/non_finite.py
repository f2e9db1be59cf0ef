"""What NaN and infinities in an output mean."""

from __future__ import annotations

from jitgate.model.str_enum import StrEnum


class NonFinite(StrEnum):
    """INVALID: there is no right answer to compare with. EQUAL: the right answer has them too, at the same places."""

    INVALID = "invalid"
    EQUAL = "equal"
