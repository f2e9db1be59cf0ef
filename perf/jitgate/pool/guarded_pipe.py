"""The pipe from a worker, read with suspicion: a model may write to it what is no message.

execnet reads a header of nine bytes, and then as many bytes as that says; after a header made of a model's bytes it
would wait for gigabytes that never come. Private to execnet is only where a gateway has its pipe (2.1).
"""

from __future__ import annotations

from typing import Any

LARGEST_BYTES = 256 << 20
"""Of one message: tensors travel through files, and what is left are figures and words."""


def guard(gateway: Any) -> None:
    """Let `gateway` end where its pipe brings a message that can be none."""
    pipe = getattr(gateway, "_io", None)
    if pipe is None:
        return
    read = pipe.read

    def guarded(count: int) -> bytes:
        if not 0 <= count <= LARGEST_BYTES:
            raise EOFError("this is no message of a worker")
        found: bytes = read(count)
        return found

    pipe.read = guarded
