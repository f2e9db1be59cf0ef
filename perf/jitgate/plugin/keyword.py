"""Names of variants that are given per stage, in `-k`: pytest's expressions know neither `=` nor `,`.

`-k flow_estimator=inductor` is a syntax error to pytest. Such a name is written in other characters there, and the
tests that it is about carry it as a keyword of that spelling.
"""

from __future__ import annotations

import re

_SPELLED = re.compile(r"[A-Za-z_]\w*=[\w.+-]+(?:,[A-Za-z_]\w*=[\w.+-]+)*")
_INSTEAD = str.maketrans({"=": ":", ",": "/"})


def understood(expression: str) -> str:
    """A `-k` expression that pytest can read; one without such a name stays as it is."""
    return _SPELLED.sub(lambda found: found[0].translate(_INSTEAD), expression)


def keyword(name: str) -> str:
    """What a test of this name is found by, where `understood` has rewritten the expression."""
    return name.translate(_INSTEAD)
