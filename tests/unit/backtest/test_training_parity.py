"""Live and replay are compared position by position and alert by alert: every difference counts, and once."""

import math
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from backtest.parity import FIRST, Parity, compare, read_trace
from schemas import examples
from schemas.alerts import Alert, Reason
from schemas.errors import ContractViolation
from stream_app.core.trace import TRACE

Trace = NDArray[np.void]
MakeAlert = Callable[..., Alert]


def trace(*rows: tuple[int, int, int]) -> Trace:
    return np.array(list(rows), TRACE)


@pytest.fixture
def alert() -> MakeAlert:
    """An alert caused by the record at a partition and offset; the rest of its data as told."""
    sample = msgspec.json.decode(examples.valid("alert")["firing-as-a-warning"], type=Alert)

    def make(partition: int, offset: int, **data: object) -> Alert:
        src = msgspec.structs.replace(sample.data.src, partition=partition, offset=offset)
        return msgspec.structs.replace(sample, data=msgspec.structs.replace(sample.data, src=src, **data))

    return make


SOME = trace((0, 5, 11), (0, 6, 12), (3, 5, 13))


def with_bit_flipped(live: Trace, row: int, bit: int) -> Trace:
    flipped = live.copy()
    flipped["fingerprint"][row] ^= np.uint64(1 << bit)
    return flipped


def test_equal_traces_in_any_order_are_exact() -> None:
    found = compare(SOME[::-1], [], SOME, [])
    assert found == Parity(3, 0, 0, 0, [])
    assert found.exact


@pytest.mark.parametrize("bit", [0, 31, 63])
@pytest.mark.parametrize("row", [0, 1, 2])
def test_one_flipped_bit_of_one_vector_is_one_mismatch(row: int, bit: int) -> None:
    found = compare(with_bit_flipped(SOME, row, bit), [], SOME, [])
    place = f"vector at partition {SOME['partition'][row]} offset {SOME['offset'][row]}"
    assert found == Parity(3, 1, 0, 0, [place])
    assert not found.exact


def test_a_position_that_only_one_side_has_is_a_mismatch() -> None:
    assert compare(SOME[:2], [], SOME, []).mismatches == 1
    assert compare(SOME, [], SOME[:2], []).mismatches == 1
    assert compare(SOME[:0], [], SOME, []).mismatches == 3


def test_a_position_traced_twice_counts_once_and_must_have_the_same_bits_twice() -> None:
    again = np.concatenate([SOME, SOME[1:]])
    assert compare(again, [], SOME, []) == Parity(3, 0, 0, 0, [])
    found = compare(with_bit_flipped(again, 4, 7), [], SOME, [])
    assert (found.vectors, found.mismatches) == (3, 1)


def test_equal_offsets_of_different_partitions_are_different_positions() -> None:
    found = compare(trace((0, 5, 13), (3, 5, 11)), [], trace((0, 5, 11), (3, 5, 13)), [])
    assert (found.vectors, found.mismatches) == (2, 2)


def test_an_alert_that_was_not_published_is_missing(alert: MakeAlert) -> None:
    due = [alert(0, 5), alert(3, 5)]
    found = compare(SOME, due[:1], SOME, due)
    assert (found.alerts_missing, found.alerts_extra) == (1, 0)
    assert found.first_differences[0].startswith("alert missing at partition 3 offset 5")


def test_an_alert_that_is_not_due_and_one_published_twice_are_extra(alert: MakeAlert) -> None:
    due = [alert(0, 5)]
    assert compare(SOME, [*due, alert(0, 6)], SOME, due).alerts_extra == 1
    found = compare(SOME, due * 2, SOME, due)
    assert (found.alerts_missing, found.alerts_extra) == (0, 1)


@pytest.mark.parametrize(
    "change", [{"score": 0.5}, {"severity": "critical"}, {"front": 9}, {"reasons": []}, {"vector_hash": "0" * 16}]
)
def test_an_alert_with_a_changed_field_is_missing_as_it_should_be_and_extra_as_it_is(
    alert: MakeAlert, change: dict[str, object]
) -> None:
    found = compare(SOME, [alert(0, 5, **change)], SOME, [alert(0, 5)])
    assert (found.mismatches, found.alerts_missing, found.alerts_extra) == (0, 1, 1)


def test_when_an_alert_was_detected_is_not_compared(alert: MakeAlert) -> None:
    live = alert(0, 5, detected_at="2031-01-01T00:00:00.000Z")
    assert compare(SOME, [live], SOME, [alert(0, 5)]).exact


def test_in_which_words_its_reasons_are_told_is_not_compared_and_their_numbers_are(alert: MakeAlert) -> None:
    def because(text: str, contribution: float) -> list[Reason]:
        numbers = {"value": 1.0, "baseline": 0.0, "contribution": contribution}
        return [Reason(feature="f", label=text, **numbers, direction="up", text=text, group=text)]

    live = alert(0, 5, reasons=because("as it was", 0.5))
    assert compare(SOME, [live], SOME, [alert(0, 5, reasons=because("as it is", 0.5))]).exact
    assert not compare(SOME, [live], SOME, [alert(0, 5, reasons=because("as it was", 0.25))]).exact


def test_an_alert_that_went_through_json_is_still_the_same(alert: MakeAlert) -> None:
    due = alert(0, 5, score=float(np.float32(0.1)))
    live = msgspec.json.decode(msgspec.json.encode(due), type=Alert)
    assert compare(SOME, [live], SOME, [due]).exact


OTHER_CODE = {"state_digest": "0" * 16, "feature_schema": "1" * 16, "reasons": []}


def test_alerts_of_another_digest_are_compared_by_what_was_decided_alone_and_counted(alert: MakeAlert) -> None:
    due = [alert(0, 5), alert(3, 5)]
    found = compare(SOME, [alert(0, 5, severity="critical", **OTHER_CODE), due[1]], SOME, due)
    assert (found.exact, found.alerts_of_another_digest) == (True, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"user_ref": "eva"},
        {"episode": 7},
        {"sequence": 7},
        {"status": "resolved"},
        {"score": math.nextafter(0.4, 1)},
        {"vector_hash": "0" * 16},
    ],
)
def test_an_alert_of_another_digest_that_decided_something_else_is_missing_and_extra(
    alert: MakeAlert, change: dict[str, object]
) -> None:
    found = compare(SOME, [alert(0, 5, **OTHER_CODE | {"score": 0.4} | change)], SOME, [alert(0, 5, score=0.4)])
    assert (found.alerts_missing, found.alerts_extra) == (1, 1)


def test_an_alert_of_another_digest_that_was_published_twice_is_extra(alert: MakeAlert) -> None:
    due = alert(0, 5)
    assert compare(SOME, [alert(0, 5, **OTHER_CODE), due], SOME, [due]).alerts_extra == 1


def test_only_the_first_differences_are_told() -> None:
    many = np.array([(0, offset, offset) for offset in range(1000)], TRACE)
    found = compare(many[:0], [], many, [])
    assert found.mismatches == 1000
    assert found.first_differences == [f"vector at partition 0 offset {offset}" for offset in range(FIRST)]


def test_a_trace_file_reads_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "trace.bin"
    path.write_bytes(SOME[:1].tobytes() + SOME[1:].tobytes())
    assert np.array_equal(read_trace(path), SOME)


def test_a_trace_that_ends_within_a_record_or_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.bin"
    with pytest.raises(ContractViolation, match="there is no trace"):
        read_trace(path)
    path.write_bytes(SOME.tobytes()[:-1])
    with pytest.raises(ContractViolation, match="19 bytes into a record"):
        read_trace(path)
