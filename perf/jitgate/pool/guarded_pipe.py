"""The pipe from a worker, read with suspicion: a model may write to it what is no message.

execnet reads a header of nine bytes, and then as many bytes as that says; after a header made of a model's bytes it
would wait for gigabytes that never come. Private to execnet is only where a gateway has its pipe (2.1).
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

LARGEST_BYTES = 256 << 20
"""Of one message: tensors travel through files, and what is left are figures and words."""

QUOTED_BYTES = 60
"""Of what is no message: enough to know a model's words by."""


class GuardedPipe:
    """Ends `gateway` where its pipe brings a message that can be none. odd: how that one begins; b"" without one."""

    def __init__(self, gateway: Any) -> None:
        self.odd = b""
        self._last = b""
        self._pipe = getattr(gateway, "_io", None)
        if self._pipe is not None:
            self._read = self._pipe.read
            self._pipe.read = self._guarded

    def _guarded(self, count: int) -> bytes:
        if not 0 <= count <= LARGEST_BYTES:
            self.odd = (self._last + self._rest())[:QUOTED_BYTES]
            raise EOFError("this is no message of a worker")
        found: bytes = self._read(count)
        self._last = found
        return found

    def _rest(self) -> bytes:
        """What has come with it; the pipe, which is of no use any more, is not waited for."""
        infile = getattr(self._pipe, "infile", None)
        with contextlib.suppress(OSError, ValueError, AttributeError):  # Windows: from Python 3.12 on
            os.set_blocking(infile.fileno(), False)  # type: ignore[union-attr]
            return bytes(infile.peek(QUOTED_BYTES))  # type: ignore[union-attr]
        return b""
