"""Which of the outputs are ids that were chosen, and by which scores; free of torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Greedy:
    """Says of a workload that greedy decoding chose one of its outputs: of all ids, the one of the best score.

    Another precision may choose another id where two are nearly as good, and is right all the same; where one was
    clearly the best, another one is wrong. So that both can be told, such ids are judged by what they are worth in
    eager float32's own scores (`jitgate.worker.token_agreement`), and not by being equal as other integers are.

    ids: which of the outputs they are, counted as nested outputs are flattened: integers, any shape. scores: which one
    holds the scores that they were chosen by: natural logarithms of probabilities, the shape of the ids (axes of size 1
    aside) and then one for each id. below: ids that may be chosen are less than this.
    """

    ids: int
    scores: int
    below: int

    def __post_init__(self) -> None:
        if not all(isinstance(each, int) and not isinstance(each, bool) for each in asdict(self).values()):
            raise TypeError(f"{self}: all three are whole numbers")
        if self.ids < 0 or self.scores < 0 or self.ids == self.scores or self.below < 1:
            raise TypeError(f"{self}: ids and scores are two places among the outputs, from 0; below is at least 1")

    def as_plain(self) -> dict[str, int]:
        """Plain values, for a file that holds nothing else."""
        return asdict(self)
