"""`python -m jitgate.report.pull_request.gitlab FILE.json` prints the note of a merge request, on the standard library.

Exit code 0; 4 for a file that is not believed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from jitgate.model.printable import encodable, printable
from jitgate.report.pull_request.comment import note
from jitgate.report.pull_request.data import LONGEST_BYTES, NotBelieved, read

BAD_INPUT = 4


def main(arguments: Sequence[str]) -> int:
    """Print the note of the one file that is named; returns the exit code."""
    try:
        (name,) = arguments
        with Path(name).open("rb") as file:
            found = read(file.read(LONGEST_BYTES + 1))
    except (OSError, ValueError, NotBelieved) as problem:
        sys.stderr.write(printable(f"name one file that pytest --jitgate-pull-request has written: {problem}\n"))
        return BAD_INPUT
    sys.stdout.write(encodable(printable(note(found)), sys.stdout.encoding))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
