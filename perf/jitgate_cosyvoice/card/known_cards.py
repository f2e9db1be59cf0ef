"""Cards that are not here: memory and bandwidth as their maker states them."""

from __future__ import annotations

import re
from dataclasses import dataclass

GIB = 1024**3
MIB = 1024**2
GB_S = 10**9


@dataclass(frozen=True)
class KnownCard:
    """A card by its data sheet.

    memory_bytes: nominal; drivers and ECC keep some of it. bandwidth_bytes_s: peak. also: other names that drivers give
    it. in_use_bytes: what a desktop was seen to hold of it, where somebody looked.
    """

    name: str
    memory_bytes: int
    bandwidth_bytes_s: int
    source: str
    also: tuple[str, ...] = ()
    in_use_bytes: int = 0
    in_use_source: str = ""


def _bus(bits: int, gigabits_s: int) -> int:
    """Bandwidth of `bits` wires at `gigabits_s` each."""
    return bits * gigabits_s * GB_S // 8


KNOWN_CARDS = (
    KnownCard(
        "RTX 2050",
        4 * GIB,
        _bus(64, 14),
        "NVIDIA's announcement of December 2021: 4 GB GDDR6, 64 bits at 14 Gbit/s",
        in_use_bytes=379 * MIB,
        in_use_source="the device analysis: 379 of 4096 MiB, a Windows desktop",
    ),
    KnownCard("RTX 3060", 12 * GIB, _bus(192, 15), "NVIDIA, GeForce RTX 3060: 12 GB GDDR6, 192 bits at 15 Gbit/s"),
    KnownCard("RTX 4060", 8 * GIB, _bus(128, 17), "NVIDIA, GeForce RTX 4060: 8 GB GDDR6, 128 bits at 17 Gbit/s"),
    KnownCard("RTX 4090", 24 * GIB, _bus(384, 21), "NVIDIA, GeForce RTX 4090: 24 GB GDDR6X, 384 bits at 21 Gbit/s"),
    KnownCard("T4", 16 * GIB, _bus(256, 10), "NVIDIA T4: 16 GB GDDR6, 256 bits at 10 Gbit/s"),
    KnownCard("L4", 24 * GIB, 300 * GB_S, "NVIDIA L4 data sheet: 24 GB, 300 GB/s"),
    KnownCard("L40S", 48 * GIB, 864 * GB_S, "NVIDIA L40S data sheet: 48 GB GDDR6, 864 GB/s"),
    KnownCard(
        "A100 80GB",
        80 * GIB,
        2039 * GB_S,
        "NVIDIA A100 data sheet: 80 GB SXM, 2,039 GB/s",
        also=("A100-SXM4-80GB",),
    ),
    KnownCard(
        "H100",
        80 * GIB,
        3350 * GB_S,
        "NVIDIA H100 data sheet: 80 GB SXM, 3.35 TB/s",
        also=("H100 80GB HBM3",),
    ),
    KnownCard("H200", 141 * 10**9, 4800 * GB_S, "NVIDIA H200 data sheet: 141 GB, 4.8 TB/s"),
)


def known_card(name: str) -> KnownCard | None:
    """The card called `name`, with or without its maker's words; None for one that is not in the table.

    A laptop's card is another card than the desktop's of the same number, and is not taken for it.
    """
    wanted = _bare(name)
    return next((card for card in KNOWN_CARDS if wanted in map(_bare, (card.name, *card.also))), None)


def _bare(name: str) -> str:
    return re.sub(r"nvidia|geforce|tesla|[^a-z0-9]", "", name.lower())
