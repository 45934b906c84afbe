"""Memory kept between steps: glibc hands large blocks back after each use, and fetching them anew costs a page fault each."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # names of glibc's <malloc.h>
MMAP_THRESHOLD_BYTES = 32 << 20  # the largest that glibc takes; larger blocks are always handed back
TRIM_THRESHOLD_BYTES = 2_000_000_000


def keep_memory() -> bool:
    """Ask glibc to keep up to 2 GB that it would hand back to the system; return whether it agreed.

    The setting holds for the whole process. Elsewhere than on Linux with glibc nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES)) and bool(mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD_BYTES))
