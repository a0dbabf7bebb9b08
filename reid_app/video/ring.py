"""A few frames of shared memory that has no name, so that nothing stays behind however either side dies."""

import fcntl
import mmap
import os

import numpy as np

from reid_app.tracklets.types import Image

NUM_SLOTS = 4


def create_memory() -> int:
    """Descriptor of an empty piece of anonymous shared memory."""
    return os.memfd_create("reid-video", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


def size_memory(descriptor: int, *, height: int, width: int) -> None:
    """Give the memory room for the ring, once, and seal its size.

    Unsealed, a hijacked decoder could shrink it and kill its parent by a bus error.
    """
    os.ftruncate(descriptor, NUM_SLOTS * height * width * 3)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)


class Ring:
    """The slots of the shared memory, used one after the other, round and round."""

    def __init__(self, descriptor: int, *, height: int, width: int, is_writer: bool) -> None:
        self._shape = (height, width, 3)
        self._slot_bytes = height * width * 3
        access = mmap.ACCESS_WRITE if is_writer else mmap.ACCESS_READ
        self._memory = mmap.mmap(descriptor, NUM_SLOTS * self._slot_bytes, access=access)
        self._next = 0

    def next_slot(self) -> Image:
        """The slot after the last one, as RGB uint8 ``(H, W, 3)`` inside the shared memory."""
        offset = self._next * self._slot_bytes
        self._next = (self._next + 1) % NUM_SLOTS
        return np.frombuffer(self._memory, np.uint8, self._slot_bytes, offset).reshape(self._shape)
