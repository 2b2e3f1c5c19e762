"""Holds the dead letters of one partition against what a replay rejects there.

Every rejected record has one letter, with its reason and the record's own key, value and timestamp; of one that was
too large to be kept, with the size and the SHA-256 of its value. Of a letter that
was written under another contract the record alone is compared: others may have been rejected under it, or for other
reasons.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b, sha256

from operations.verify.findings import Findings
from schemas.dead_letters import SCHEMA, Rejection, read_rejection
from schemas.redrives import read_entry
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.log import LogRecord


@dataclass(frozen=True)
class _Letter:
    """Why a record was rejected, under which contract, and a hash of the record, or of the whole value of one that the
    letter holds in part."""

    reason: str
    schema: str
    contents: bytes
    shortened: bool

    @property
    def binding(self) -> bool:
        """Whether a replay must reject the record too, and for the same reason."""
        return self.schema == SCHEMA or self.reason == "bug"

    def holds(self, record: LogRecord) -> bool:
        """Whether it is the letter of this record."""
        return self.contents == (_shortened if self.shortened else _contents)(record)


class LetterAccount:
    """Dead letters, crossed off as the replay rejects their records. Those on offsets below `begin` are left out.

    `barred` are the offsets that were set aside as `bug`.
    """

    def __init__(self, findings: Findings, partition: int, begin: int = 0) -> None:
        self.barred: set[int] = set()
        self._findings, self._partition, self._begin = findings, partition, begin
        self._open: dict[int, _Letter] = {}

    def publish(self, records: Iterable[LogRecord]) -> None:
        """Take down committed records of the dead letters; before anything is rejected.

        The ledger of what was sent again, which stands among them, is passed over.
        """
        for record in records:
            rejection = read_rejection(record.headers)
            if rejection is None:
                self._must_be_of_the_ledger(record)
            elif rejection.offset >= self._begin:
                self._publish(rejection.offset, _letter(rejection, record))

    def reject(self, letters: Iterable[DeadLetter]) -> None:
        """Cross off what the replay rejected below the position."""
        for rejected in letters:
            offset, letter = rejected.record.offset, self._open.pop(rejected.record.offset, None)
            if letter is None:
                self._note(f"offset {offset} is rejected ({rejected.reason}) and has no dead letter")
            elif letter.binding and letter.reason != rejected.reason:
                self._note(f"the dead letter of offset {offset} says {letter.reason}, a replay {rejected.reason}")
            elif not letter.holds(rejected.record):
                self._note(f"the dead letter of offset {offset} is not the record that stands there")

    def close(self, position: int) -> None:
        """Nothing more will be rejected below the position: a letter that is still open there is of no rejection."""
        for offset, letter in self._open.items():
            if offset < position and letter.binding:
                self._note(f"offset {offset} has a dead letter ({letter.reason}) and is not rejected")

    def _publish(self, offset: int, letter: _Letter) -> None:
        if letter.reason == "bug":
            self.barred.add(offset)
        self._findings.letters_of_another_contract += letter.schema != SCHEMA
        if self._open.setdefault(offset, letter) is not letter:
            self._note(f"offset {offset} has two dead letters")

    def _must_be_of_the_ledger(self, record: LogRecord) -> None:
        entry = read_entry(record.headers)
        if entry is None or entry.of.partition != self._partition:
            self._note(f"the record at offset {record.offset} of the dead letters is no dead letter")

    def _note(self, words: str) -> None:
        self._findings.note("dead_letters_unaccounted", f"partition {self._partition}: {words}")


def _letter(rejection: Rejection, record: LogRecord) -> _Letter:
    if rejection.sha256 is None:
        contents = _hashed(rejection.timestamp, record.key, record.value)
    else:
        contents = _hashed(rejection.timestamp, rejection.size, rejection.sha256)
    return _Letter(rejection.reason, rejection.schema, contents, rejection.sha256 is not None)


def _contents(record: LogRecord) -> bytes:
    return _hashed(record.timestamp, record.key, record.value)


def _shortened(record: LogRecord) -> bytes:
    value = record.value or b""
    return _hashed(record.timestamp, len(value), sha256(value).hexdigest())


def _hashed(*said: object) -> bytes:
    return blake2b(repr(said).encode(), digest_size=16).digest()
