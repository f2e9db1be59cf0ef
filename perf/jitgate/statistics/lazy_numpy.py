"""numpy, imported when it is first used: collecting tests takes none of it, and it takes longer than all of jitgate."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
else:

    class _Numpy:
        """Stands for the module; each name is looked up once."""

        def __getattr__(self, name: str) -> object:
            found = self.__dict__[name] = getattr(importlib.import_module("numpy"), name)
            return found

    np = _Numpy()

__all__ = ["np"]
