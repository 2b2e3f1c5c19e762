"""What files of lines may be: how they are packed, encoded and handed over, and what is said of others."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from producers.line_files import numbered_lines
from producers.openings import STDIN, is_stream, kept
from schemas.errors import ContractViolation

TEXT = '{"a":1}\n{"b":"é"}\n'
LINES = [(1, b'{"a":1}'), (2, '{"b":"é"}'.encode())]


def zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("events.jsonl", data)
    return packed.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_lines_are_read_however_they_are_packed_and_encoded(
    pack: Callable[[bytes], bytes], encoding: str, tmp_path: Path
) -> None:
    (tmp_path / "events").write_bytes(pack(TEXT.encode(encoding)))
    assert list(numbered_lines(tmp_path / "events")) == LINES


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_one_behind_the_other_are_one(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(pack(b"a\n") + pack(b"b\n"))
    assert [line for _, line in numbered_lines(tmp_path / "events")] == [b"a", b"b"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (zipped(b"{}\n"), "a zip archive.*unzip -p"),
        (b"\x28\xb5\x2f\xfd....", "packed with zstd: `zstd -dc`"),
        (b"\x04\x22\x4d\x18....", "packed with lz4"),
        (b"PAR1....", "a Parquet file"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(data)
    with pytest.raises(ContractViolation, match=rf"events is {told}"):
        list(numbered_lines(tmp_path / "events"))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_file_that_is_cut_off_is_a_sentence(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(pack(os.urandom(10_000))[:-50])
    with pytest.raises(ContractViolation, match="cut cannot be read"):
        list(numbered_lines(tmp_path / "cut"))


def test_half_a_character_of_utf_16_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes("{}\n{}".encode("utf-16")[:-1])
    with pytest.raises(ContractViolation, match="cut cannot be read"):
        list(numbered_lines(tmp_path / "cut"))


def test_blank_lines_at_the_end_are_passed_over_and_others_are_lines(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b"a\n\n \t\nb\n\n\r\n  ")
    assert list(numbered_lines(tmp_path / "events")) == [(1, b"a"), (2, b""), (3, b""), (4, b"b")]


def test_of_an_endless_line_only_the_head_is_held(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b"x" * 5_000_000 + b"\nb\n")
    (_, long), (number, short) = numbered_lines(tmp_path / "events")
    assert (len(long), number, short) == (1 << 20, 2, b"b")


def test_a_pipe_is_read_once_and_kept_for_more(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert is_stream(pipe)
    threading.Thread(target=lambda: pipe.write_bytes(gzip.compress(TEXT.encode())), daemon=True).start()
    with kept(pipe) as copy:
        assert list(numbered_lines(copy, "pipe")) == list(numbered_lines(copy, "pipe")) == LINES
    assert not copy.exists()


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_the_standard_input_is_a_stream(name: str) -> None:
    program = (
        "import sys; from pathlib import Path; from producers.line_files import numbered_lines\n"
        "print(*(line.decode() for _, line in numbered_lines(Path(sys.argv[1]))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, name],
        input=TEXT.encode("utf-16"),
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.stdout.decode() == '{"a":1} {"b":"é"}\n'
    assert is_stream(STDIN)


def test_a_line_of_a_pipe_is_handed_on_before_the_next_one_comes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    seen = threading.Event()

    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            file.write(b'{"first":"line"}\n')
            assert seen.wait(30)
            file.write(b"second\n")

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    lines = numbered_lines(pipe)
    assert next(lines) == (1, b'{"first":"line"}')
    seen.set()
    assert next(lines) == (2, b"second")
    writer.join()
