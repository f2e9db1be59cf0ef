"""What a blueprint names, imported from the checkout: whatever is missing is said with the line that installs it."""

from __future__ import annotations

import difflib
import importlib
from typing import Any

from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError

from jitgate_cosyvoice.checkout.allowed import refuse_to_import, refuse_to_use
from jitgate_cosyvoice.checkout.needed import needed
from jitgate_cosyvoice.checkout.packages import of_error, problems
from jitgate_cosyvoice.checkout.place import MATCHA, Checkout


class Imports:
    """Imports by dotted name, in a worker whose path the checkout is on."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout

    def __call__(self, name: str, tag: str, where: str) -> Any:
        """The class or function `package.module.name`; UsageError says what is missing and how to get it, or that a
        yaml may not name it there."""
        refuse_to_import(name, tag, where)
        found = self.found(name, where)
        refuse_to_use(found, name, tag, where)
        return found

    def found(self, name: str, where: str) -> Any:
        """As a call, for a name that jitgate itself asks for."""
        module_name, _, attribute = name.rpartition(".")
        try:
            module = importlib.import_module(module_name)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            raise UsageError(f"{where}: {self._reason(error, module_name)}") from error
        if not hasattr(module, attribute):
            near = difflib.get_close_matches(attribute, dir(module), n=1)
            meant = f", did you mean {near[0]}?" if near else ""
            raise UsageError(f"{where}: {module_name} of the checkout has no {attribute!r}{meant}")
        return getattr(module, attribute)

    def _reason(self, error: BaseException, asked: str) -> str:
        """What stands in the way of importing `asked`, all of it, and what mends it."""
        missing = error.name or asked if isinstance(error, ModuleNotFoundError) else ""
        if missing.partition(".")[0] == "cosyvoice":
            return f"the checkout has no module {missing}; file and checkout are of different versions"
        folders = (self._checkout.folder, self._checkout.folder / MATCHA)
        found = problems(needed([asked], folders))
        if missing.partition(".")[0] == "matcha":
            others = f"; it also needs {found}" if found else ""
            return (
                f"{asked} needs {missing}, and {MATCHA.as_posix()} of the checkout does not have it: "
                f"git -C {self._checkout.folder} submodule update --init --recursive{others}"
            )
        found = found or of_error(error)
        return f"{asked} needs {found}" if found else f"{asked} can't be imported ({shortly(error)})"
