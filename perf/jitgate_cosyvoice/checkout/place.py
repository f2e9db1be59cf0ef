"""A checkout of the `cosyvoice` package: what it has to hold, and which of its yaml files say what to build.

Free of torch: the pytest process looks where things are, and imports nothing of it. The checkout's own code runs in
worker processes alone, where `activate` puts it on the path.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jitgate.model.errors import UsageError

OPTION = "--jitgate-cosyvoice"

FAMILIES = ("cosyvoice3", "cosyvoice2", "cosyvoice")
"""First part of a workload's name, and stem of the yaml that describes its modules; the newer one is looked for first,
as a folder of weights may keep both files."""

MATCHA = Path("third_party", "Matcha-TTS")
"""A submodule that the original's flow imports from; it is put on the path from here."""


QWEN_KEY = "qwen_pretrain_path"
"""The key of a yaml that says where transformers' description of the language model is; empty in CosyVoice's own, which
its classes fill in."""

QWEN_FOLDER = "CosyVoice-BlankEN"
"""That description's folder in a model directory."""


@dataclass(frozen=True)
class Checkout:
    """A folder that holds `cosyvoice/`. blueprints: family -> the yaml that its modules are built from."""

    folder: Path
    blueprints: Mapping[str, Path]

    def blueprint(self, family: str) -> Path:
        """The yaml of `family`; UsageError where there is none."""
        if family not in self.blueprints:
            there = ", ".join(str(path) for path in self.blueprints.values())
            raise UsageError(f"{OPTION} {self.folder}: there is no {family}.yaml (found: {there})")
        return self.blueprints[family]

    def needs_qwen(self, family: str) -> bool:
        """Whether the yaml of `family` leaves it to its caller where the language model is described."""
        return re.search(rf"^{QWEN_KEY}:\s*(''|\"\")?\s*(#.*)?$", self._text(family), re.MULTILINE) is not None

    def lacks(self, family: str, key: str) -> bool:
        """Whether the yaml of `family` can be read and has no such key."""
        text = self._text(family)
        return bool(text) and re.search(rf"^{key}:", text, re.MULTILINE) is None

    def _text(self, family: str) -> str:
        try:
            return self.blueprint(family).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""  # a worker says why

    def activate(self) -> None:
        """Put the checkout, and the submodule in it, in front of everything else that this process can import.

        UsageError where another `cosyvoice` has been imported already.
        """
        for folder in (str(self.folder / MATCHA), str(self.folder)):
            if folder in sys.path:
                sys.path.remove(folder)
            sys.path.insert(0, folder)
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if name.split(".")[0] == "cosyvoice" and file and not self._has(file):
                raise UsageError(
                    f"{OPTION} {self.folder}: another cosyvoice package is loaded already, from {file}; "
                    "take what imports it out of the configuration"
                )

    def loaded_files(self) -> list[Path]:
        """Source files of the checkout that this process has imported by now, in order."""
        files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        return sorted({Path(file) for file in files if file and self._has(file)})

    def _has(self, file: str) -> bool:
        """Whether a module's file is the checkout's. A bare name that is no file, as of `torch.ops`, is not."""
        path = Path(file)
        return path.exists() and path.resolve().is_relative_to(self.folder)


def find_checkout(folder: Path, checkpoint: Path | None = None) -> Checkout:
    """The checkout in `folder`. A yaml next to the weights in `checkpoint` counts before those of the examples.

    A checkpoint is of one family; the examples may describe both. Raises UsageError for a folder that is none.
    """
    where = f"{OPTION} {folder}"
    if not folder.is_dir():
        raise UsageError(f"{where}: there is no such folder; name the one that you cloned CosyVoice into")
    folder = folder.resolve()
    if not (folder / "cosyvoice").is_dir():
        meant = f", did you mean {folder.parent}?" if folder.name == "cosyvoice" else ""
        raise UsageError(
            f"{where} is not a checkout of CosyVoice: it has no folder cosyvoice{meant or '; name the one above it'}"
        )
    blueprints = _with_the_weights(checkpoint) if checkpoint is not None else {}
    blueprints = blueprints or _in_the_examples(folder)
    if not blueprints:
        asked = "" if checkpoint is None else f"neither with the weights in {checkpoint} nor "
        raise UsageError(
            f"{where}: there is none of {', '.join(f'{family}.yaml' for family in FAMILIES)}, {asked}in "
            "examples/*/*/conf; put the one that your modules are built from next to the weights, and name their "
            "folder with --jitgate-checkpoint DIR"
        )
    return Checkout(folder, blueprints)


def _with_the_weights(checkpoint: Path) -> dict[str, Path]:
    for family in FAMILIES:
        path = checkpoint / f"{family}.yaml"
        if path.is_file():
            if family == "cosyvoice3":
                _check_described(path, checkpoint)
            return {family: path.resolve()}
    return {}


def _check_described(path: Path, checkpoint: Path) -> None:
    """UsageError for CosyVoice3 without a description of its modules, of which jitgate has none itself."""
    text = path.read_text(encoding="utf-8", errors="replace")
    lacking = [part for part in ("flow", "hift") if not re.search(rf"^{part}:", text, re.MULTILINE)]
    if lacking:
        raise UsageError(
            f"--jitgate-checkpoint {checkpoint} is CosyVoice3, not supported without a description of its modules: "
            f"{path.name} has no {' and no '.join(lacking)}; take the file that belongs to the weights"
        )


def _in_the_examples(folder: Path) -> dict[str, Path]:
    found = {}
    for family in FAMILIES:
        paths = sorted(folder.glob(f"examples/*/{family}/conf/{family}.yaml"))
        # Several data sets have blueprints of one model; LibriTTS is the one that all versions have.
        paths.sort(key=lambda path: "libritts" not in path.parts)
        if paths:
            found[family] = paths[0]
    return found
