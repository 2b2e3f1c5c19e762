"""Numbers that events carry become whole units, half to even; what cannot be kept is poison, and says why."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream_app.core.columns import to_columns
from stream_app.core.features.plan import compile_workload
from stream_app.core.intake.facts import EventFact, facts_of
from stream_app.core.intake.outcome import Intake
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from stream_app.core.quantities import ABSENT, BEYOND, LARGEST, all_quantised, quantised
from tests.support import every_kind
from tests.support.blocks import found_in
from tests.support.event_logs import START_MS, Event, LogWriter, at

COMPILED = compile_workload(every_kind.WORKLOAD)
DECLARED = COMPILED.declared


def taken_in(log: LogWriter) -> Intake:
    return take_in(log.records(), 0, 1, declared=DECLARED)


def rows(log: LogWriter) -> list[list[tuple[int, int]]]:
    """Pattern and value of each row of each event."""
    columns = to_columns(taken_in(log).events, COMPILED.patterns)
    told = list(zip(columns.pattern.tolist(), columns.value.tolist(), strict=True))
    return [told[begin:end] for begin, end in zip(columns.row_from, columns.row_from[1:], strict=False)]


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([1, 10, 100, 1000]))
@example(0.5, 1)
@example(1.5, 1)
@example(-2.5, 1)
@example(LARGEST + 0.5, 1)
@example(LARGEST + 1.0, 1)
@example(LARGEST / 1000, 1000)
@example(1e308, 1000)
def test_one_number_and_many_become_the_same_units(value: float, scale: int) -> None:
    with np.errstate(over="ignore"):
        units = all_quantised(np.array([[value]]), [scale]).item()
    if units == BEYOND:
        with pytest.raises(ValueError, match="is not a number of at most"):
            quantised(value, scale)
    else:
        assert quantised(value, scale) == units
        assert abs(units) <= LARGEST


def test_no_number_is_absent() -> None:
    assert all_quantised(np.array([[np.nan, 1.0]]), [1, 10]).tolist() == [[ABSENT, 10]]


VALUE = Event("activity", at(), {"action": "replay", "measures": {"amount": 7}}, "ana").record(0).value or b""
DIGITS = st.text("0123456789", min_size=1, max_size=18)


@given(st.sampled_from(["", "-"]), DIGITS, st.none() | DIGITS, st.sampled_from(["", "", "", "e3", "E-2", "e+1"]))
@example("-", "0", None, "")
@example("", "123456789012345", None, "")
@example("", "1234567890123456", None, "")
@example("", "0", "000000000000005", "")
def test_a_number_that_is_found_in_the_bytes_is_the_float64_next_to_its_digits(
    sign: str, whole: str, decimals: str | None, exponent: str
) -> None:
    text = sign + whole + ("" if decimals is None else f".{decimals}") + exponent
    found = found_in([VALUE.replace(b"7}", text.encode() + b"}")], ("amount",))
    plain = not exponent and (whole == "0" or whole[0] != "0") and len(whole + (decimals or "")) <= 15
    assert found.taken.tolist() == [plain]
    if plain:
        assert found.measures.item() == float(text)


def test_a_measure_of_one_action_raises_also_what_the_measure_raises_of_any() -> None:
    log = LogWriter()
    for action in ("love", "home"):
        log.does(action, at(), {"minutes": 3, "amount": 12.5})
    known = COMPILED.patterns
    of_any, minutes = known["measure", "amount"], known["measure", "minutes"]
    loved = [(known["activity", "love"], 0), (known["measure", "love.amount"], 12_500), (minutes, 3)]
    assert rows(log) == [loved, [(of_any, 12_500), (minutes, 3)]]
    raised = [slice(*COMPILED.plan.pattern_from[at : at + 2]) for at in (known["measure", "love.amount"], of_any)]
    one, other = (set(COMPILED.plan.pattern_signal[signals].tolist()) for signals in raised)
    assert other < one


def test_measures_that_nobody_declared_raise_nothing_and_are_counted_by_event() -> None:
    log = LogWriter()
    log.does("elsewhere", at(), {"weight": 1e300, "height": 2})
    log.does("elsewhere", at(), {"weight": 0.1234567890123456789})
    log.does("elsewhere", at(), {"minutes": 1})
    log.does("elsewhere", at())
    intake = taken_in(log)
    assert (intake.undeclared, len(intake.events), intake.dead) == (2, 4, [])
    assert rows(log) == [[(0, 0)], [(0, 0)], [(COMPILED.patterns["measure", "minutes"], 1)], [(0, 0)]]


@pytest.mark.parametrize(
    ("attributes", "facts"),
    [
        ({"age": 17.25}, [("number", "age", 172)]),
        ({"age": 17.35}, [("number", "age", 174)]),
        ({"tier": "basic"}, [("category", "tier", 1)]),
        ({"tier": 2.5}, [("category", "tier", 3)]),
        ({"tier": 3}, [("category", "tier", 4)]),
        ({"tier": "3.0"}, [("category", "tier", 0)]),
        ({"tier": "unheard of"}, [("category", "tier", 0)]),
        ({"country": "SE"}, []),
    ],
)
def test_profiles_say_numbers_and_categories_that_are_declared(
    attributes: dict[str, str | float], facts: list[tuple[str, str, int]]
) -> None:
    log = LogWriter()
    log.becomes(at(), attributes)
    [admitted] = taken_in(log).events
    said = [fact for fact in facts_of(admitted.event, DECLARED) if fact.kind != "profile"]
    assert said == [EventFact(kind, (name,), value) for kind, name, value in facts]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            b'{"action":"play","measures":{"amount":1099511627.777}}',
            "measure amount: 1099511627.777 is not a number of",
        ),
        (b'{"action":"play","measures":{"amount":-1e300}}', "at most 1,099,511,627.776 in size"),
        (b'{"action":"play","measures":{"minutes":1099511627777}}', "at most 1,099,511,627,776 in size"),
        (b'{"action":"play","measures":{"amount":1e999}}', "out of range"),
        (b'{"action":"play","measures":{"amount":"1"}}', "Expected `float`"),
    ],
)
def test_a_measure_that_cannot_be_kept_is_poison(data: bytes, sentence: str) -> None:
    value = VALUE[: VALUE.index(b'"data": ')] + b'"data": ' + data + VALUE[VALUE.index(b"}}") + 2 :]
    [letter] = take_in([PlainRecord(0, START_MS, None, value)], 0, 1, declared=DECLARED).dead
    assert letter.reason == "schema"
    assert sentence in letter.message


@pytest.mark.parametrize(
    ("age", "sentence"), [("17", "attribute age is the text '17'"), (1.1e11, "at most 109,951,162,777.6 in size")]
)
def test_an_attribute_that_is_no_number_where_one_is_declared_is_poison(age: str | float, sentence: str) -> None:
    log = LogWriter()
    log.becomes(at(), {"age": age})
    [letter] = taken_in(log).dead
    assert letter.reason == "schema"
    assert sentence in letter.message
