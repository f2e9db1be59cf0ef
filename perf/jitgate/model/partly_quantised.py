"""What a variant of integers is whose quantiser left some layers as they were."""

from __future__ import annotations

import enum


class PartlyQuantised(enum.StrEnum):
    """INVALID: it is not what its name says. ALLOW: it is measured as it is, and what was left is said."""

    INVALID = "invalid"
    ALLOW = "allow"
