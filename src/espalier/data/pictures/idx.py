"""IDX: the format in which MNIST is given (LeCun): a magic number, the sizes of the axes, and the values, one byte each."""

import gzip
import re
from pathlib import Path

import numpy as np

from espalier.core.errors import FormatError

IDX_PICTURES = re.compile(r"(.*?)-?images?[-.]idx3-ubyte(\.gz)?$")
MAGIC = {1: 2049, 3: 2051}  # the number that a file of bytes begins with, by its number of axes
PACKED = ".gz"

Bytes = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def read_idx(path: Path, num_axes: int) -> Bytes:
    """Return the array of an IDX file, which may be packed with gzip.

    Args:
        path: of the file.
        num_axes: 1 for labels, 3 for pictures.

    Raises:
        FormatError: it cannot be unpacked, is of another form, or was cut off.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == PACKED else path.read_bytes()
    except (OSError, EOFError) as error:
        raise FormatError(f"{path.name} cannot be unpacked ({error}). Download it again.") from error
    magic = int.from_bytes(content[:4], "big")
    if magic != MAGIC[num_axes]:
        raise FormatError(f"{path.name} begins with {magic}; expected {MAGIC[num_axes]}, an IDX file of {num_axes} axes.")
    start = 4 + 4 * num_axes
    shape = [int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(num_axes)]
    if len(content) - start != int(np.prod(shape)):
        raise FormatError(
            f"{path.name} promises {' x '.join(map(str, shape))} values and holds {len(content) - start:,}: it was cut off. "
            "Download it again."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def labels_beside(path: Path) -> Bytes | None:
    """Return the labels that belong to a file of pictures: the file of the same name with "labels-idx1"; None without one."""
    plain = re.sub(r"images?([-.])idx3", r"labels\1idx1", path.name).removesuffix(PACKED)
    found = [one for one in (path.with_name(plain), path.with_name(plain + PACKED)) if one.is_file()]
    return read_idx(found[0], 1) if found else None
