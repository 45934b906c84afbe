"""Ctrl-C during learning: finish the step, write the checkpoint, then stop. A second Ctrl-C stops at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Interruption:
    """Whether the person asked to stop."""

    requested: bool = False


@contextmanager
def held_interruption() -> Iterator[Interruption]:
    """Hold back the first Ctrl-C of a block, so that the block can end in an orderly way.

    Only the main thread receives signals; in any other thread the block runs as if nobody pressed a key.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return

    def request(signal_number: int, frame: FrameType | None) -> None:
        interruption.requested = True
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, request)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, previous)
