"""What `churn verify` compares: every planted difference is counted under its name and told in words."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from operations.verify.alert_account import AlertAccount
from operations.verify.findings import KINDS, Findings
from operations.verify.letter_account import LetterAccount
from schemas.alerts import Alert
from schemas.dead_letters import SCHEMA, Rejection, to_headers
from schemas.redrives import Begun, Done, LedgerEntry, LetterId
from schemas.redrives import to_headers as to_ledger_headers
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.log import PlainRecord
from tests.support.decision_deployments import alert
from tests.support.sessions import poison

ALERTS = [alert(offset, user) for offset, user in ((3, "ana"), (5, "ben"), (8, "eve"), (12, "zoe"))]
POISON = [DeadLetter(poison(offset), "undecodable", "not JSON") for offset in (2, 6, 9)]
POSITION = 10


def record(of: Alert, offset: int = 0) -> PlainRecord:
    return PlainRecord(offset, 0, None, msgspec.json.encode(of))


def with_score(of: Alert, score: float) -> Alert:
    return msgspec.structs.replace(of, data=msgspec.structs.replace(of.data, score=score))


def published_later(of: Alert) -> Alert:
    return msgspec.structs.replace(of, data=msgspec.structs.replace(of.data, detected_at="2031-01-01T00:00:00.000Z"))


def compared(published: Sequence[Alert], begin: int = 0) -> Findings:
    """What is found when these were published; the replay decides ALERTS and goes on behind the position."""
    findings = Findings()
    account = AlertAccount(findings, 1, begin)
    account.publish(map(record, published))
    account.decide([one for one in ALERTS if begin <= one.data.src.offset < POSITION], due=True)
    account.decide([one for one in ALERTS if one.data.src.offset >= POSITION], due=False)
    account.close()
    return findings


@pytest.mark.parametrize("published", [ALERTS, ALERTS[:3], [published_later(one) for one in ALERTS], ALERTS[::-1]])
def test_alerts_that_are_the_replays_are_exact_wherever_the_worker_stands(published: list[Alert]) -> None:
    assert compared(published).exact


@pytest.mark.parametrize(
    ("published", "kind", "named"),
    [
        (ALERTS[1:], "alerts_missing", "ana"),
        ([*ALERTS, ALERTS[0]], "alerts_duplicate", "ana"),
        ([*ALERTS, published_later(ALERTS[3])], "alerts_duplicate", "zoe"),
        ([*ALERTS, alert(4, "nobody")], "alerts_phantom", "nobody"),
        ([*ALERTS, alert(40, "nobody")], "alerts_phantom", "nobody"),
        ([with_score(ALERTS[0], 0.123), *ALERTS[1:]], "alerts_phantom", "ana"),
        ([*ALERTS[:3], with_score(ALERTS[3], 0.123)], "alerts_phantom", "zoe"),
    ],
)
def test_one_alert_that_is_dropped_doubled_or_changed_is_found(published: list[Alert], kind: str, named: str) -> None:
    findings = compared(published)
    assert findings.differences == {kind: 1}
    assert named in findings.first_differences[0]


def of_another_digest(of: Alert, **changed: Any) -> Alert:  # noqa: ANN401 - fields of an alert
    """As a version with other digests, and other words for its reasons, would have published it."""
    data = msgspec.structs.replace(of.data, state_digest="0" * 16, feature_schema="1" * 16, reasons=[], **changed)
    return msgspec.structs.replace(of, data=data)


def test_alerts_of_another_digest_are_held_against_what_was_decided_alone() -> None:
    findings = compared([*map(of_another_digest, ALERTS[:3]), ALERTS[3]])
    assert findings.exact
    assert (findings.alerts_of_another_digest, findings.figures()["alerts_of_another_digest"]) == (3, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "resolved"},
        {"src": msgspec.structs.replace(ALERTS[0].data.src, offset=4)},
        {"vector_hash": "0" * 16},
        {"score": math.nextafter(ALERTS[0].data.score, 1)},
    ],
)
def test_an_alert_of_another_digest_that_decided_something_else_is_found(change: dict[str, Any]) -> None:
    findings = compared([of_another_digest(ALERTS[0], **change), *ALERTS[1:]])
    assert findings.differences == {"alerts_phantom": 1}


@pytest.mark.parametrize("change", [{"user_ref": "eva"}, {"episode": 2}, {"sequence": 2}])
def test_an_alert_of_another_digest_that_is_somebody_elses_or_out_of_turn_is_found(change: dict[str, Any]) -> None:
    findings = compared([of_another_digest(ALERTS[0], **change), *ALERTS[1:]])
    assert findings.differences == {"alerts_phantom": 1, "alerts_missing": 1}


def test_what_is_no_alert_is_a_phantom() -> None:
    findings = Findings()
    AlertAccount(findings, 1).publish([PlainRecord(7, 0, None, b"{}"), PlainRecord(8, 0, None, None)])
    assert findings.differences == {"alerts_phantom": 2}
    assert "offset 7 of the alerts is no alert" in findings.first_differences[0]


def test_alerts_from_before_the_export_are_left_out() -> None:
    assert compared([alert(2, "of the past"), *ALERTS[1:]], begin=5).exact


def letter(of: DeadLetter, reason: str | None = None, value: bytes | None = None, schema: str = SCHEMA) -> PlainRecord:
    source = of.record
    rejection = Rejection(
        topic="customer-events",
        partition=1,
        offset=source.offset,
        timestamp=source.timestamp,
        reason=reason or of.reason,
        error="Poison",
        message=of.message,
        app_version="1",
        schema=schema,
        session="5e55",
        front=source.offset,
    )
    return PlainRecord(0, source.timestamp, source.key, value or source.value, tuple(to_headers(rejection)))


def accounted(letters: Sequence[PlainRecord], begin: int = 0) -> Findings:
    findings = Findings()
    account = LetterAccount(findings, 1, begin)
    account.publish(letters)
    account.reject(one for one in POISON if one.record.offset >= begin)
    account.close(POSITION)
    return findings


LETTERS = [letter(one) for one in POISON]
BEYOND = letter(DeadLetter(poison(15), "schema", "no"))
NOT_REJECTED = letter(DeadLetter(poison(4), "schema", "no"))


def sent_again(of_partition: int) -> list[PlainRecord]:
    """What the ledger says of a letter, here in the dead letters of partition 1."""
    of = LetterId(of_partition, 0)
    entries: tuple[LedgerEntry, ...] = (
        Begun(of=of, partition=1, end=20, producer=7, epoch=0),
        Done(of=of, partition=1, offset=20),
    )
    return [PlainRecord(90 + n, 0, None, b"{", tuple(to_ledger_headers(entry))) for n, entry in enumerate(entries)]


@pytest.mark.parametrize(
    "letters", [LETTERS, LETTERS[::-1], [*LETTERS, BEYOND], [LETTERS[0], *sent_again(1), *LETTERS[1:]]]
)
def test_letters_that_are_the_replays_rejections_are_exact(letters: list[PlainRecord]) -> None:
    assert accounted(letters).exact


@pytest.mark.parametrize(
    ("letters", "named"),
    [
        (LETTERS[1:], "offset 2 is rejected (undecodable) and has no dead letter"),
        ([*LETTERS, LETTERS[0]], "offset 2 has two dead letters"),
        ([*LETTERS, BEYOND, BEYOND], "offset 15 has two dead letters"),
        ([*LETTERS, NOT_REJECTED], "offset 4 has a dead letter (schema) and is not rejected"),
        ([letter(POISON[0], "schema"), *LETTERS[1:]], "offset 2 says schema, a replay undecodable"),
        ([letter(POISON[0], value=b"}"), *LETTERS[1:]], "offset 2 is not the record that stands there"),
        ([*LETTERS, PlainRecord(77, 0, None, b"{")], "offset 77 of the dead letters is no dead letter"),
    ],
)
def test_one_letter_that_is_dropped_doubled_or_changed_is_found(letters: list[PlainRecord], named: str) -> None:
    findings = accounted(letters)
    assert findings.differences == {"dead_letters_unaccounted": 1}
    assert named in findings.first_differences[0]


def test_of_letters_of_another_contract_the_record_alone_is_compared() -> None:
    older = [letter(one, "schema", schema="churn.events.v1") for one in (*POISON, DeadLetter(poison(4), "schema", ""))]
    findings = accounted(older)
    assert (findings.exact, findings.letters_of_another_contract) == (True, 4)
    changed = letter(POISON[0], value=b"}", schema="churn.events.v1")
    assert accounted([changed, *LETTERS[1:]]).differences == {"dead_letters_unaccounted": 1}
    assert accounted(older[1:]).differences == {"dead_letters_unaccounted": 1}


def test_what_says_to_be_of_the_ledger_of_another_partition_is_no_dead_letter() -> None:
    assert accounted([*LETTERS, *sent_again(0)]).differences == {"dead_letters_unaccounted": 2}


def test_letters_from_before_the_export_are_left_out() -> None:
    assert accounted([NOT_REJECTED, *LETTERS[1:]], begin=5).exact


def test_what_was_set_aside_as_bug_is_told_to_the_replay() -> None:
    account = LetterAccount(Findings(), 1)
    account.publish([letter(POISON[0], "bug"), letter(POISON[1])])
    assert account.barred == {2}


def test_every_difference_counts_and_the_first_ten_are_told() -> None:
    findings = Findings()
    for number in range(12):
        findings.note("state_mismatches", str(number))
    figures = findings.figures()
    assert (figures["state_mismatches"], figures["exact"]) == (12, False)
    assert figures["first_differences"] == [str(number) for number in range(10)]


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_difference_passes_for_exact(kind: str) -> None:
    note: Callable[[str, str], None] = (findings := Findings()).note  # type: ignore[assignment]
    note(kind, "it differs")
    assert not findings.exact
