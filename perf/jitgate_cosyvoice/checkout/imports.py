"""What a blueprint names, imported from the checkout: whatever is missing is said with the line that installs it."""

from __future__ import annotations

import difflib
import importlib
import re
from typing import Any

from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError

from jitgate_cosyvoice.checkout.allowed import refuse_to_import, refuse_to_use
from jitgate_cosyvoice.checkout.place import MATCHA, Checkout

_PACKAGES = {"whisper": "openai-whisper", "hydra": "hydra-core", "yaml": "PyYAML"}
"""Import name -> name to install, where the two have nothing in common."""


class Imports:
    """Imports by dotted name, in a worker whose path the checkout is on."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout

    def __call__(self, name: str, tag: str, where: str) -> Any:
        """The class or function `package.module.name`; UsageError says what is missing and how to get it, or that a
        yaml may not name it there."""
        refuse_to_import(name, tag, where)
        module_name, _, attribute = name.rpartition(".")
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            raise UsageError(f"{where}: {self._missing(error.name or module_name, module_name)}") from error
        except Exception as error:
            raise UsageError(f"{where}: {module_name} can't be imported ({shortly(error)})") from error
        if not hasattr(module, attribute):
            near = difflib.get_close_matches(attribute, dir(module), n=1)
            meant = f", did you mean {near[0]}?" if near else ""
            raise UsageError(f"{where}: {module_name} of the checkout has no {attribute!r}{meant}")
        found = getattr(module, attribute)
        refuse_to_use(found, name, tag, where)
        return found

    def _missing(self, missing: str, asked: str) -> str:
        top = missing.split(".", maxsplit=1)[0]
        if top == "cosyvoice":
            return f"the checkout has no module {missing}; file and checkout are of different versions"
        if top == "matcha":
            return (
                f"{asked} needs {missing}, and {MATCHA.as_posix()} of the checkout does not have it: "
                f"git -C {self._checkout.folder} submodule update --init --recursive"
            )
        return f"{asked} needs {missing}, which is not installed: pip install {self._requirement(top)}"

    def _requirement(self, top: str) -> str:
        """As the checkout's requirements.txt asks for it, or else by its name."""
        package = _PACKAGES.get(top, top)
        try:
            lines = (self._checkout.folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
        except OSError:
            return package
        for line in lines:
            found = re.match(r"([\w.-]+)(==[\w.+!-]+)?", line.strip())
            if found and _canonical(found[1]) == _canonical(package):
                return found[0]
        return package


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
