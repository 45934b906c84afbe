"""Compressed files: gzip and Zstandard, known by their first bytes and not by their name."""

import io
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from espalier.core.errors import FormatError, missing_extra

MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}  # RFC 1952 section 2.3.1, RFC 8878 section 3.1.1
ENDINGS = {".gz": "gzip", ".zst": "zstd"}
READ_BYTES = 1 << 16  # small, so that the message on damage counts nearly all bytes before it


class Decompressor(Protocol):
    """What `zlib` and the Zstandard module of Python 3.14 have in common."""

    @property
    def eof(self) -> bool:
        """True behind the end mark."""

    @property
    def unused_data(self) -> bytes:
        """Bytes behind the end mark."""

    def decompress(self, data: bytes, /) -> bytes:
        """Return what these bytes unpack to."""


def compression_of(head: bytes) -> str | None:
    """Return the compression that the first bytes of a file tell of, or None.

    Example:
        >>> compression_of(b"age,income"), compression_of(bytes([0x1F, 0x8B, 8]))
        (None, 'gzip')
    """
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), None)


def unpack(path: Path, compression: str) -> bytes:
    """Return the whole content of a compressed file.

    Args:
        path: the file; several compressed parts one after the other are read as one.
        compression: "gzip" or "zstd".

    Raises:
        FormatError: the file is cut off or damaged; the message says how many bytes could be unpacked.
        MissingExtraError: Zstandard before Python 3.14 without the package `backports.zstd`.
    """
    start, failure = _zstd() if compression == "zstd" else (_gzip, zlib.error)
    content = io.BytesIO()
    decompressor = start()
    try:
        with path.open("rb") as file:
            while chunk := file.read(READ_BYTES):
                while chunk:
                    if decompressor.eof:
                        decompressor = start()
                    content.write(decompressor.decompress(chunk))
                    chunk = decompressor.unused_data.lstrip(b"\0") if decompressor.eof else b""
    except failure as error:
        raise FormatError(
            f"{path.name} is damaged: {content.tell():,} bytes could be unpacked, then its {compression} data "
            f"are wrong ({error}). Copy or download the file again."
        ) from error
    if not decompressor.eof:
        raise FormatError(
            f"{path.name} is cut off: {content.tell():,} bytes could be unpacked, then its {compression} data stop "
            f"before their end mark (the file has {path.stat().st_size:,} bytes). Copy or download the file again."
        )
    return content.getvalue()


def _gzip() -> Decompressor:
    return zlib.decompressobj(wbits=31)  # 16 + 15: a gzip header and the largest window


def _zstd() -> tuple[Callable[[], Decompressor], type[Exception]]:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        raise missing_extra("backports.zstd", "zstd", "Reading a .zst file") from error
    return zstd.ZstdDecompressor, zstd.ZstdError
