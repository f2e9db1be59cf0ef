"""A checkout of another commit, and where what is measured was imported from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

INSTALLED = "site-packages"
"""A folder of this name holds what is installed, wherever the environment lies."""

STATE = ".jitgate"
"""What jitgate keeps below the root of a project, checkouts among it."""


def below_installed(file: Path) -> Path:
    """What follows the folder of installed packages; of a file that lies in one."""
    parts = file.parts
    return Path(*parts[len(parts) - parts[::-1].index(INSTALLED) :])


@dataclass(frozen=True)
class SourceTree:
    """What the workers of one arm import instead of the head.

    role: `BASE` or `COPY` of `model.variant`. root: the checkout. head: the root of the repository that is tested.
    commit: of the checkout; "" for a directory without one. python: its interpreter; None for this one. built: where
    its package was built with its compiled extensions; None where nothing had to be. paths: folders of it that modules
    are imported from. own: folders below `head` that are no part of the project.
    """

    role: str
    root: Path
    head: Path
    commit: str = ""
    python: Path | None = None
    built: Path | None = None
    paths: tuple[Path, ...] = ()
    own: tuple[Path, ...] = ()

    def is_of_head(self, place: str | Path) -> bool:
        """Whether a file or folder is the project's own, of the head."""
        path = Path(place)
        if not path.is_relative_to(self.head) or path.is_relative_to(self.root) or INSTALLED in path.parts:
            return False
        return not any(path.is_relative_to(each) for each in (self.head / STATE, *self.own))

    def as_of_head(self, place: str | Path) -> Path | None:
        """A file or folder under the name that it has in the head, where links lead there; None for any other."""
        path = Path(place)
        if self.is_of_head(path):
            return path
        try:
            real = path.resolve()
        except (OSError, RuntimeError):  # links that lead to each other
            return None
        return real if self.is_of_head(real) else None

    def is_of_tree(self, place: str | Path) -> bool:
        """Whether a file is the checkout's, or was built of it."""
        path = Path(place)
        return path.is_relative_to(self.root) or (self.built is not None and path.is_relative_to(self.built))

    def counterpart(self, place: str | Path) -> Path:
        """Where something of the head lies in the checkout."""
        return self.root / Path(place).relative_to(self.head)


@dataclass(frozen=True)
class Origin:
    """Where a worker found what it measures: module -> file.

    measured: of the classes that the module is made of, without torch's. factory: the workload's, under the name of its
    module and, where that lies in a package, under the package's name. extensions: compiled modules of all that was
    imported.
    """

    measured: Mapping[str, str] = field(default_factory=dict)
    factory: Mapping[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()

    def from_head(self, tree: SourceTree) -> dict[str, str]:
        """What the other arms take from the head all the same, since benchmarks and inputs are the head's.

        A factory in a package of its own comes from the head with that package; one that lies in the measured package,
        alone. Where the factory's file makes the model itself, it is what is measured.
        """
        own = {name for name, file in self.measured.items() if tree.is_of_head(file)}
        files = {name: file for name, file in self.factory.items() if tree.is_of_head(file)}
        if not own or not files or own & set(self.factory):
            return {}
        package, module = min(files, key=len), max(files, key=len)
        apart = all(name.split(".")[0] != package for name in own)
        return {package: files[package]} if apart else {module: files[module]}
