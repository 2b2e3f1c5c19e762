"""The headers of a record, as they stand in Kafka's record format: a count, then sizes and texts, counted in varints.

Nothing but a dead letter reads them: what is wrong with them never keeps a record from being one.
"""

from collections.abc import Iterator, Sequence

RecordHeaders = Sequence[tuple[str, bytes]]

_NONE = -1


def written(headers: RecordHeaders) -> bytes:
    """RecordHeaders as they stand in a record."""
    parts = [_varint(len(headers))]
    for key, value in headers:
        name = key.encode(errors="surrogateescape")
        parts += [_varint(len(name)), name, _varint(_NONE if value is None else len(value)), value or b""]
    return b"".join(parts)


def read(text: bytes) -> RecordHeaders:
    """The headers that stand there, up to the first that is cut off. What is not UTF-8 in a key is escaped."""
    return tuple(_each(text))


def _each(text: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        count, at = number_at(text, 0)
        for _ in range(count):
            key, at = _sized(text, at)
            value, at = _sized(text, at)
            yield (key or b"").decode(errors="backslashreplace"), value  # type: ignore[misc]  # as Kafka's clients do
    except IndexError:
        return


def _sized(text: bytes, at: int) -> tuple[bytes | None, int]:
    size, at = number_at(text, at)
    if size < 0:
        return None, at
    if at + size > len(text):
        raise IndexError(at)
    return text[at : at + size], at + size


def number_at(text: bytes, at: int) -> tuple[int, int]:
    """The number that stands there, and the place behind it. Raises IndexError where none ends."""
    value = shift = 0
    while text[at] & 0x80:
        value |= (text[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    value |= text[at] << shift
    return value >> 1 ^ -(value & 1), at + 1


def _varint(number: int) -> bytes:
    value = number << 1 ^ number >> 63
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
