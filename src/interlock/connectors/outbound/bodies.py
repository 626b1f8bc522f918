"""Reading a body that somebody else sent: bounded in size and in what it unpacks to."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from ..limits import DEFAULT_LIMITS, MEGABYTE
from ..live import Unreachable

_STEP = 65_536
# Small answers of one repeated word pack well; a bomb only harms above this size.
_HARMLESS = MEGABYTE


def read_body(chunks: Iterable[bytes], packing: str, *, host: str, max_bytes: int) -> bytes:
    """The body, unpacked.

    Raises:
        Unreachable: it is larger than `max_bytes`, unpacks to over 50 times its size, or is packed in an unknown way.
    """
    body = bytearray()
    received = 0

    def counted() -> Iterator[bytes]:
        nonlocal received
        for chunk in chunks:
            received += len(chunk)
            yield chunk

    for part in _unpacked(counted(), packing.strip().lower(), host):
        body += part
        if len(body) > max_bytes:
            raise Unreachable(
                f"{host} sent more than {max_bytes / MEGABYTE:.0f} MB in one answer; nothing of it was taken."
            )
        if len(body) > max(_HARMLESS, received * DEFAULT_LIMITS.unpack_ratio):
            raise Unreachable(
                f"{host} sent an answer that unpacks to over {DEFAULT_LIMITS.unpack_ratio} times its size; nothing of"
                " it was taken."
            )
    return bytes(body)


def _unpacked(chunks: Iterator[bytes], packing: str, host: str) -> Iterator[bytes]:
    if packing in {"", "identity"}:
        yield from chunks
        return
    if packing not in {"gzip", "x-gzip", "deflate"}:
        raise Unreachable(f"{host} packed its answer as {packing[:20]!r}, which was not asked for.")
    # 47: gzip or zlib, told apart by the header.
    unpacker = zlib.decompressobj(47)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                yield unpacker.decompress(rest, _STEP)
                rest = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise Unreachable(f"{host} sent an answer whose packing is broken.") from error
    if not unpacker.eof:
        raise Unreachable(f"{host} broke off in the middle of its answer.")
