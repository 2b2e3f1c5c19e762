"""Opens files and streams of lines by what their first bytes say: what packs them, and how their text is encoded."""

import bz2
import codecs
import gzip
import io
import lzma
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from schemas.errors import ContractViolation

STDIN: Final = Path("-")
_HEAD: Final = 8
_UNPACKED: Final[Mapping[bytes, Callable[[BinaryIO], Any]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_REFUSED: Final = {
    b"PK\x03\x04": "a zip archive (or a spreadsheet): `unzip -p` writes out what is in it",
    b"\x28\xb5\x2f\xfd": "packed with zstd: `zstd -dc` unpacks it",
    b"\x04\x22\x4d\x18": "packed with lz4: `lz4 -dc` unpacks it",
    b"PAR1": "a Parquet file: write its rows out as JSON lines",
    b"Obj\x01": "an Avro file: write its records out as JSON lines",
    b"SQLite f": "a database of SQLite: write its rows out as JSON lines",
}
_ENCODINGS: Final = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"{\0": "utf-16-le",
    b"\0{": "utf-16-be",
}
"""By byte-order mark; what PowerShell writes has one, some tools leave it out."""


def is_stream(path: Path) -> bool:
    """Whether this can be read once only: `-` for the standard input, or a pipe."""
    return path == STDIN or (path.exists() and not path.is_file())


def name_of(path: Path) -> str:
    """What people call it."""
    return "standard input" if path == STDIN else str(path)


@contextmanager
def kept(path: Path) -> Iterator[Path]:
    """The file itself, or a copy of a stream for as long as the block lasts, to be read more than once."""
    if not is_stream(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="churn-") as directory, _source(path) as source:
        copy = Path(directory) / "stream"
        with copy.open("wb") as file:
            shutil.copyfileobj(source, file)
        yield copy


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The unpacked bytes of a file or stream, as UTF-8 without a byte-order mark, whatever they were.

    Raises ContractViolation for what holds no lines or is packed in another way.
    """
    with _source(path) as source:
        head, whole = _peeked(source)
        for magic, what in _REFUSED.items():
            if head.startswith(magic):
                raise ContractViolation(f"{name_of(path)} is {what}, and plain lines are wanted, or gzip, bzip2 or xz")
        for magic, unpack in _UNPACKED.items():
            if head.startswith(magic):
                whole = unpack(whole)
        yield _as_utf8(whole)


@contextmanager
def _source(path: Path) -> Iterator[BinaryIO]:
    if path == STDIN:
        yield sys.stdin.buffer
    else:
        with path.open("rb") as file:
            yield file


def _as_utf8(file: BinaryIO) -> BinaryIO:
    head, whole = _peeked(file)
    for mark, encoding in _ENCODINGS.items():
        if head.startswith(mark):
            if encoding == "utf-8":
                whole.read(len(mark))
                return whole
            return cast("BinaryIO", io.BufferedReader(_Recoded(whole, encoding)))
    return whole


def _peeked(file: BinaryIO) -> tuple[bytes, BinaryIO]:
    """The first bytes, and all of them once more: pipes give what they have and cannot be wound back."""
    head = b""
    while len(head) < _HEAD and (more := file.read(_HEAD - len(head))):
        head += more
    return head, cast("BinaryIO", io.BufferedReader(_Joined(head, file), 1 << 16))


class _Joined(io.RawIOBase):
    """What was read already, then the rest."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer
        data = self._head[: len(buffer)] or self._some(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        return len(data)

    def _some(self, size: int) -> bytes:
        """What there is now: a line that came through a pipe does not wait for a full buffer."""
        once = getattr(self._rest, "read1", self._rest.read)
        some: bytes = once(size)
        return some


class _Recoded(io.RawIOBase):
    """Text of another encoding as UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._ready = file, b""
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer
        while not self._ready and not self._done:
            some = cast("io.BufferedReader", self._file).read1(1 << 16)
            self._done = not some
            self._ready = self._decoder.decode(some, final=self._done).encode()
        data, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
