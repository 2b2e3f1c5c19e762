"""Holds the published alerts of one partition against what a replay decides there.

An alert is known by user, episode and sequence. All its fields must be the replay's but `detected_at`, the time of its
publication, and the words of its reasons; of one that was published under other digests what was decided must be, and
nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import msgspec

from operations.verify.findings import Findings
from schemas.alerts import Alert
from schemas.display import shown_id
from stream_app.core.decisions.contents import contents, decision, digests
from stream_app.core.log import LogRecord

AlertIdentity = tuple[str, int, int]

_decoder = msgspec.json.Decoder(Alert)


@dataclass(frozen=True)
class _Published:
    """Which event an alert was published on, under which digests, and hashes of what it says and what it decides."""

    offset: int
    digests: tuple[str, str]
    contents: bytes
    decision: bytes


class AlertAccount:
    """Published alerts, crossed off as the replay decides them. Those on offsets below `begin` are left out."""

    def __init__(self, findings: Findings, partition: int, begin: int = 0) -> None:
        self.front = -1
        self._findings, self._partition, self._begin = findings, partition, begin
        self._open: dict[AlertIdentity, _Published] = {}

    def publish(self, records: Iterable[LogRecord]) -> None:
        """Take down committed records of the alerts topic; before anything is decided."""
        for record in records:
            try:
                alert = _decoder.decode(record.value or b"")
            except msgspec.DecodeError as error:
                self._note_phantom(f"the record at offset {record.offset} of the alerts is no alert ({error})")
                continue
            if alert.data.src.offset >= self._begin:
                self._publish(alert)

    def decide(self, alerts: Iterable[Alert], *, due: bool) -> None:
        """Cross off what the replay decided; an alert that is not `due` may still be unpublished."""
        for alert in alerts:
            published = self._open.pop(_identity(alert), None)
            if published is None and due:
                self._findings.note("alerts_missing", f"{self._named(alert)} was decided and is not published")
            elif published is not None and not self._agree(published, alert):
                self._note_phantom(f"{self._named(alert)} was published with other contents than were decided")

    def close(self) -> None:
        """Nothing more will be decided: whatever is still open never was."""
        for (user, episode, sequence), published in self._open.items():
            self._note_phantom(
                f"alert {shown_id(user)}:{episode}:{sequence} on offset {published.offset} was never decided"
            )
        self._open.clear()

    def _agree(self, published: _Published, decided: Alert) -> bool:
        if published.digests == digests(decided):
            return published.contents == _hashed(contents(decided))
        self._findings.alerts_of_another_digest += 1
        return published.decision == _hashed(decision(decided))

    def _publish(self, alert: Alert) -> None:
        self.front = max(self.front, alert.data.src.offset)
        said, decided = _hashed(contents(alert)), _hashed(decision(alert))
        published = _Published(alert.data.src.offset, digests(alert), said, decided)
        if self._open.setdefault(_identity(alert), published) is not published:
            self._findings.note("alerts_duplicate", f"{self._named(alert)} was published twice")

    def _note_phantom(self, words: str) -> None:
        self._findings.note("alerts_phantom", f"partition {self._partition}: {words}")

    def _named(self, alert: Alert) -> str:
        user, episode, sequence = _identity(alert)
        where = f"partition {self._partition} offset {alert.data.src.offset}"
        return f"alert {shown_id(user)}:{episode}:{sequence} ({where})"


def _identity(alert: Alert) -> AlertIdentity:
    return alert.data.user_ref, alert.data.episode, alert.data.sequence


def _hashed(said: bytes) -> bytes:
    return blake2b(said, digest_size=16).digest()
