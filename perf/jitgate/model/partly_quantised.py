"""What a variant of integers is whose quantiser left some layers as they were."""

from __future__ import annotations

from jitgate.model.str_enum import StrEnum


class PartlyQuantised(StrEnum):
    """INVALID: it is not what its name says. ALLOW: it is measured as it is, and what was left is said."""

    INVALID = "invalid"
    ALLOW = "allow"
