"""What a file of text unpacks to, in chunks: plain, gzip or zstandard, recognised by content, whole or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from onelayer.data.payload import Payload, open_payload
from onelayer.errors import DataFileError, optional_dependency

CHUNK = 1 << 22

ZSTANDARD_MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE_MAGIC = b"\x2a\x4d\x18"  # after one byte from 0x50 to 0x5f

# A zstandard block of four bytes unpacks to at most 128 kB, so a piece unpacks to at most 16 MB.
PACKED_PIECE = 512


def unpacked(path: str | Path, watch: Callable[[float], None] | None = None) -> Iterator[bytes]:
    """Read what a file unpacks to, a few megabytes at a time.

    Parameters
    ----------
    path : str or Path
        The file, plain, gzip or zstandard, whatever its name.
    watch : callable or None
        Called before each chunk with the share of the file that has been read.

    Yields
    ------
    bytes
        The next chunk, never empty.

    Raises
    ------
    DataNotFoundError
        There is no such file.
    DataFileError
        It cannot be read, or is packed and damaged, cut short, or followed by something else.

    Notes
    -----
    Memory is bounded, whatever the file unpacks to.

    Examples
    --------
    >>> import tempfile, zstandard
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "houses.csv.zst"
    ...     _ = file.write_bytes(zstandard.compress(b"price,area"))
    ...     list(unpacked(file))
    [b'price,area']
    """
    with open_payload(path) as payload:
        start = payload.read(CHUNK)
        for share, chunk in _zstandard(start, payload) if _begins_frame(start) else _rest(start, payload):
            if watch is not None:
                watch(share)
            yield chunk


def _rest(chunk: bytes, payload: Payload) -> Iterator[tuple[float, bytes]]:
    """Yield the first chunk and those after it, each with the share of the file that has been read."""
    while chunk:
        yield payload.share, chunk
        chunk = payload.read(CHUNK)


def _begins_frame(content: bytes) -> bool:
    skippable = content[:1] >= b"\x50" and content[:1] <= b"\x5f" and content[1:4] == SKIPPABLE_MAGIC
    return content.startswith(ZSTANDARD_MAGIC) or skippable


def _zstandard(packed: bytes, payload: Payload) -> Iterator[tuple[float, bytes]]:
    """Unpack frame after frame, the first of which begins with ``packed``; yield chunks as ``_rest`` does.

    The library's own streams end in silence where the file ends inside a frame; its decompression objects know
    whether their frame has ended.
    """
    zstandard = optional_dependency("zstandard", "app")
    decompressor = zstandard.ZstdDecompressor()
    frame = decompressor.decompressobj()
    position, begun, chunk = 0, False, bytearray()
    while packed:
        for start in range(0, len(packed), PACKED_PIECE):
            piece = packed[start : start + PACKED_PIECE]
            position += len(piece)
            while piece:
                try:
                    chunk += frame.decompress(piece)
                except zstandard.ZstdError as error:
                    raise DataFileError(
                        f"{payload.path}: damaged zstandard data, or something else after them, near byte "
                        f"{position:,} of the file's {payload.packed:,} ({_reason(error)}); get the file again"
                    ) from None
                begun, piece = not frame.eof, frame.unused_data
                if frame.eof:
                    frame = decompressor.decompressobj()
            if len(chunk) >= CHUNK:
                yield position / payload.packed, bytes(chunk)
                chunk.clear()
        packed = payload.read(CHUNK)
    if begun:
        raise DataFileError(
            f"{payload.path}: the zstandard data is cut short: the file ends after {position:,} bytes, in the "
            "middle of a frame; get the file again"
        )
    if chunk:
        yield 1.0, bytes(chunk)


def _reason(error: Exception) -> str:
    """Return what the library says, without its preamble: 'Unknown frame descriptor'."""
    return str(error).rpartition(": ")[2]
