"""Which of the outputs are ids that were chosen, and by which scores; free of torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class TokenAgreement:
    """Says that greedy decoding chose one of a workload's outputs: of all ids, the one with the best score.

    Another precision may choose another id where two are nearly as good, and is right all the same; where one was
    clearly the best, another one is wrong. So such ids are judged by their probability in eager float32's own scores
    (`jitgate.worker.token_agreement`), and need not be equal as other integers must.

    token_ids: which of the outputs they are, counted as nested outputs are flattened: integers, any shape. log_probs:
    which one holds the scores that they were chosen by: natural logarithms of probabilities, the shape of the ids
    (axes of size 1 aside) and then one for each id. vocab_size: ids that may be chosen are less than this.
    """

    token_ids: int
    log_probs: int
    vocab_size: int

    def __post_init__(self) -> None:
        if not all(isinstance(each, int) and not isinstance(each, bool) for each in asdict(self).values()):
            raise TypeError(f"{self}: all three are whole numbers")
        if self.token_ids < 0 or self.log_probs < 0 or self.token_ids == self.log_probs or self.vocab_size < 1:
            raise TypeError(
                f"{self}: token_ids and log_probs are two places among the outputs, from 0; vocab_size is at least 1"
            )

    def as_plain(self) -> dict[str, int]:
        """Plain values, for a file that holds nothing else."""
        return asdict(self)
