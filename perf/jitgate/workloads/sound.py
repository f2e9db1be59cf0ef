"""An output that is sound: a mel spectrogram, or a waveform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jitgate.model.str_enum import StrEnum


class Kind(StrEnum):
    """A kind of sound. MEL: natural logarithms of amplitudes, (..., bands, frames). WAVEFORM: samples, (..., L)."""

    MEL = "mel"
    WAVEFORM = "waveform"


@dataclass(frozen=True)
class Sound:
    """Says of a workload that one of its outputs is sound; make it with `mel` or `waveform`.

    rate_hz: samples a second of a waveform. leaf: which of the outputs it is, counted as nested outputs are flattened.
    perceptual: whether only an audio metric can tell the right answer. A vocoder that sums up a frequency carries every
        rounding on to the end of the sentence, as an inaudible phase: two right builds of it differ sample by sample.
        Its outputs are judged by their log-mel spectra, and the norm is only reported.
    """

    kind: Kind
    rate_hz: int | None = None
    leaf: int = 0
    perceptual: bool = False

    def __post_init__(self) -> None:
        if (self.kind is Kind.WAVEFORM) != (self.rate_hz is not None and self.rate_hz > 0):
            raise TypeError(
                f"Sound: a waveform has a sampling rate, a mel has none; this is a {self.kind} of {self.rate_hz} Hz"
            )

    @classmethod
    def mel(cls, leaf: int = 0) -> Sound:
        """Natural logarithms of band amplitudes, (..., bands, frames)."""
        return cls(Kind.MEL, leaf=leaf)

    @classmethod
    def waveform(cls, rate_hz: int, leaf: int = 0, *, perceptual: bool = False) -> Sound:
        """Samples (..., L) at `rate_hz`."""
        return cls(Kind.WAVEFORM, rate_hz, leaf, perceptual)

    def as_plain(self) -> dict[str, str | int | bool | None]:
        """Plain values, for a file that holds nothing else."""
        return {"kind": self.kind.value, "rate_hz": self.rate_hz, "leaf": self.leaf, "perceptual": self.perceptual}

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Sound:
        return cls(Kind(plain["kind"]), plain["rate_hz"], plain["leaf"], plain["perceptual"])
