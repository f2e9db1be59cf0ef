"""Which outputs of a workload are ids that were chosen, as people write it."""

from __future__ import annotations

from collections.abc import Mapping

from jitgate.model.errors import UsageError
from jitgate.model.token_agreement import TokenAgreement

EXAMPLE = (
    "{ token_ids = 0, log_probs = 1, vocab_size = 6561 }: places among the outputs, and how many ids there are to "
    "choose from"
)


def parse_token_agreement(value: object, where: str) -> TokenAgreement:
    """A table as in `{ token_ids = 0, log_probs = 1, vocab_size = 6561 }`; UsageError for anything else, naming
    `where`."""
    if not isinstance(value, Mapping) or set(value) != {"token_ids", "log_probs", "vocab_size"}:
        raise UsageError(f"{where} = {value!r} must be as in {EXAMPLE}")
    try:
        return TokenAgreement(**value)
    except TypeError:
        raise UsageError(f"{where} = {dict(value)!r} must be as in {EXAMPLE}") from None
