"""Draws the bytes of records: events of every kind that are nearly canonical, in any style, and mutants of them."""

import json
from typing import Any

from hypothesis import strategies as st

from schemas.instants import format_instant
from stream_app.core.durations import DAY_MS, MINUTE_MS
from stream_app.core.log import PlainRecord
from tests.support.event_logs import START_MS

NAMES = (
    *("type", "specversion", "id", "source", "time", "recordedtime", "subject"),
    *("datacontenttype", "partitionkey", "data", "action", "session_ref"),
)
ODD_TEXTS = st.sampled_from(
    ["", " ", 'a"b', "a\\b", "zoë", "\x7f", "\t", "~", "é" * 200, "x" * 200, "x" * 201, "x" * 256, "x" * 257, "\n"]
)
USERS = st.sampled_from(["ana", "ana", "ben", "ben", "eva", "eva", "u00000017", "zoë"])
MOMENTS_MS = st.sampled_from(
    [START_MS + step for step in (-2 * DAY_MS, 0, MINUTE_MS, 6 * MINUTE_MS, DAY_MS, DAY_MS + 1, 40 * DAY_MS)]
    + [0, 1, 221_845_392_000_000, 221_845_391_999_999]
)
ODD_TIMES = st.sampled_from(
    [
        *("2024-02-30T00:00:00.000Z", "2024-13-01T00:00:00.000Z", "2024-02-29T23:59:60.000Z"),
        *("2023-02-29T00:00:00.000Z", "2024-00-01T00:00:00.000Z", "2024-01-00T00:00:00.000Z"),
        *("2024-03-01T24:00:00.000Z", "2024-03-01t00:00:00.000z", "2024-03-01 00:00:00.000Z"),
        *("2024-03-01T00:00:00.000+00:00", "2024-03-01T00:00:00.0009Z", "2024-03-01T00:00:00Z"),
        *("0000-03-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z", "2024-03-01T00:00:00.00:Z", "x" * 24),
        *("2024-03-01T00000:00.000Z", "2024003-01T00:00:00.000Z", "2024-03-01T00:00:00.0000"),
    ]
)
TIMES = st.one_of(MOMENTS_MS.map(format_instant), st.just(format_instant(START_MS)), ODD_TIMES)
ACTIONS = st.one_of(
    st.sampled_from(["play", "like", "a", "a" * 64, "a" * 65, "a1_", "elsewhere", "leave"]),
    st.sampled_from(["", "1a", "_a", "Play", "a-b", "a b", "pläy", "play\n"]),
)
REFERENCES = st.sampled_from([None, "", "s-1", 'a"b', "é", "x" * 70_000])
NUMBERS = st.one_of(
    st.sampled_from([0, -0.0, 0.5, -0.0005, 0.0015, 2.5, 12.345, 3, 99.995, 1e5, 1e-7, 1.5e300, -1]),
    st.sampled_from(
        [123456789012.345, 0.123456789012345, 0.1234567890123456, 1234567890.123456789, 10**14, 10**15, 10**16]
    ),
    st.sampled_from([2**40, 2**40 + 0.5, 2**40 + 1, -(2**40), 1099511627.776, 1099511627.7765, 1099511627.777, -1e13]),
    st.floats(-1e6, 1e6),
    st.decimals(-(10**6), 10**6, places=4).map(float),
)
MEASURES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["amount", "minutes", "amoun", "amounts", "weight", "a" * 64, "a" * 65, "Amount", ""]),
    st.one_of(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["1", None, True, {}])),
    max_size=4,
)
ACTIVITIES = st.fixed_dictionaries(
    {"action": ACTIONS},
    optional={"session_ref": REFERENCES, "other": st.just([1]), "measures": MEASURES | st.sampled_from([None, 1, [1]])},
)
OTHERS = st.sampled_from(
    [
        ("conversation", {"event": "opened", "conversation_ref": "c"}),
        ("message", {"conversation_ref": "c", "direction": "inbound", "sentiment": 0.5}),
        ("message", {"conversation_ref": "c", "direction": "outbound", "text": "good"}),
        ("profile", {"attributes": {"plan": "paid", "seats": 2}}),
        ("profile", {"attributes": {"age": 17.25, "tier": 2.5}}),
        ("profile", {"attributes": {"age": "17", "tier": "gold"}}),
        ("profile", {"attributes": {"age": 1e12, "tier": "other"}}),
        ("clock", {}),
        ("other", {}),
    ]
)


def _envelopes(types: st.SearchStrategy[str], data: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    texts = st.sampled_from(["1", "2", "event-3", "/test"])
    return st.fixed_dictionaries(
        {
            "type": types,
            "specversion": st.just("1.0"),
            "id": texts,
            "source": texts,
            "time": st.just(format_instant(START_MS)),
            "subject": USERS,
            "data": data,
        },
        optional={
            "recordedtime": st.just(format_instant(START_MS)),
            "datacontenttype": st.sampled_from(["application/json", ""]),
            "partitionkey": USERS,
        },
    )


ACTIVITY = _envelopes(st.just("churn.activity.v1"), ACTIVITIES)
PLAIN = _envelopes(st.just("churn.activity.v1"), st.sampled_from([{"action": a} for a in ("play", "like", "leave")]))
WITH_MEASURES = _envelopes(
    st.just("churn.activity.v1"),
    st.fixed_dictionaries(
        {
            "action": st.sampled_from(["replay", "love", "elsewhere"]),
            "measures": st.dictionaries(st.sampled_from(["amount", "minutes", "weight"]), NUMBERS, min_size=1),
        }
    ),
)
OTHER = OTHERS.flatmap(lambda one: _envelopes(st.just(f"churn.{one[0]}.v1"), st.just(one[1])))
ODD_VALUES = st.one_of(ODD_TEXTS, TIMES, USERS, st.none(), st.just(1), st.just({}))


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """An event as a JSON object with its attributes in any order, a few of them odd, missing or unknown."""
    document: dict[str, Any] = draw(st.one_of(PLAIN, PLAIN, WITH_MEASURES, ACTIVITY, OTHER))
    odd_names = st.sampled_from([*NAMES, "time", "recordedtime", "id", "subject"])
    for name in draw(st.lists(odd_names, max_size=draw(st.sampled_from([0, 0, 1, 2])))):
        odd = TIMES if name in ("time", "recordedtime") else ODD_VALUES
        document[name] = draw(odd)
    if draw(st.integers(0, 19)) == 7:
        document.pop(draw(st.sampled_from(sorted(document))))
    return {name: document[name] for name in draw(st.permutations(sorted(document)))}


STYLES = st.sampled_from([(",", ":")] * 5 + [(", ", ": ")] * 3 + [(" ,", "  :"), ("\n,", ":\t")])


MEMBERS = [
    *(b'"id":"7"', b'"subject":"eva"', b'"type":"churn.activity.v1"', b'"data":{"action":"like"}', b'"action":"like"'),
    *(b'"time":"2024-03-01T00:00:00.000Z"', b'"session_ref":"s"', b'"more":{"id":"7"}', b'"specversion":"1.0"'),
]
EDITS = st.one_of(
    st.tuples(st.just(b"{"), st.sampled_from([b"{" + member + b"," for member in MEMBERS])),
    st.tuples(st.just(b'"action"'), st.sampled_from([member + b',"action"' for member in MEMBERS])),
    st.tuples(st.just(b"}"), st.sampled_from([b"", b"} ", b"}}", b"}x", b"},", b",}", b"}\n"])),
    st.tuples(
        st.just(b"5"), st.sampled_from([b"5e1", b"5E-1", b"+5", b"05", b"5.", b"5.0", b"-5", b"--5", b".5", b"50"])
    ),
    st.tuples(
        st.just(b'"amount"'),
        st.sampled_from([b'"amount":1,"amount"', b'"amou\\u006et"', b'"amount","x"', b'"am ount"']),
    ),
    st.tuples(st.just(b"an"), st.sampled_from([b"\xff", b"a\xc3", b"\\u0061n", b"\\n", b"\x1f", b"\x7f", b'a\\"n'])),
    st.tuples(st.just(b"v1"), st.sampled_from([b"v2", b"vx", b"v\xff"])),
    st.tuples(st.just(b"1.0"), st.sampled_from([b"1.1", b"0.3"])),
)
"""What stands in a value, and by what it is replaced where it stands first or last."""


@st.composite
def _cut(draw: st.DrawFn, value: bytes) -> bytes:
    """A few bytes flipped, put in, or cut out, anywhere."""
    at, length = draw(st.integers(0, len(value))), draw(st.integers(0, 40))
    marks = [b" ", b"\n", b'"', b"\\", b"\\u0061", b",", b"{", b"}", b"\x00", b"\xff", b"0"]
    middle = draw(
        st.one_of(st.binary(max_size=2), st.sampled_from(marks), st.just(value[at : at + length] * 2)),
    )
    return value[:at] + middle + value[at + draw(st.sampled_from([0, len(middle), length])) :]


@st.composite
def values(draw: st.DrawFn) -> bytes:
    """The bytes of an event, or of what an edit or a cut has left of it."""
    separators, ascii_only = draw(STYLES), draw(st.booleans())
    value = json.dumps(draw(documents()), separators=separators, ensure_ascii=ascii_only).encode()
    match draw(st.sampled_from(["whole", "whole", "edited", "cut"])):
        case "edited":
            old, new = draw(EDITS)
            head, found, tail = value.partition(old) if draw(st.booleans()) else value.rpartition(old)
            return head + (new if found else found) + tail
        case "cut":
            return draw(_cut(value))
        case _:
            return value


def records(extra: st.SearchStrategy[bytes | None]) -> st.SearchStrategy[list[PlainRecord]]:
    """Records of one partition; some of them hold what `extra` draws."""
    sent_ms = st.sampled_from([START_MS, START_MS, START_MS - 2 * DAY_MS, -1, (1 << 63) - 1])
    value = st.one_of(values(), values(), values(), extra)
    drawn = st.lists(st.tuples(value, sent_ms), min_size=1, max_size=12)
    return drawn.map(lambda many: [PlainRecord(at, ms, None, one) for at, (one, ms) in enumerate(many, start=5)])
