"""The simulated music service: what its log looks like, and that it stays the same."""

import hashlib
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from producers.simulator import refuse_unfinished_period, simulate
from producers.simulator.parameters import fitted
from producers.simulator.population import society_of
from schemas.errors import ContractViolation
from schemas.events import Activity, Conversation, Message, Profile, Record
from schemas.instants import format_instant, parse_instant

START_MS = parse_instant("2024-01-01T00:00:00Z")
DAY_MS = 86_400_000
USERS, DAYS = 300, 30
DECODER = msgspec.json.Decoder(Record)


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return list(simulate(USERS, DAYS, 1, START_MS))


@pytest.fixture(scope="module")
def events(lines: list[bytes]) -> list[Record]:
    return [DECODER.decode(line) for line in lines]


def actions(events: list[Record]) -> Counter[str]:
    return Counter(event.data.action for event in events if isinstance(event, Activity))


def users_who(events: list[Record], action: str) -> set[str | None]:
    return {event.subject for event in events if isinstance(event, Activity) and event.data.action == action}


def test_a_tiny_simulation_has_not_drifted() -> None:
    digest = hashlib.sha256(b"\n".join(simulate(20, 10, 7, START_MS))).hexdigest()
    assert digest == "3d79066e0a9b6be7119780905c5e3317e49f74f12bb81f0c6ccdb9f7aa5ea548"


def test_another_seed_gives_other_events(lines: list[bytes]) -> None:
    assert set(simulate(5, 3, 2, START_MS)).isdisjoint(simulate(5, 3, 3, START_MS))


def test_every_line_is_a_user_event_from_the_simulator_recorded_when_it_happened(events: list[Record]) -> None:
    assert {type(event) for event in events} == {Activity, Conversation, Message, Profile}
    assert {event.source for event in events} == {"/simulator"}
    assert all(event.time == event.recordedtime == format_instant(parse_instant(event.time)) for event in events)


def test_ids_are_unique(events: list[Record]) -> None:
    assert len({event.id for event in events}) == len(events)


def test_events_come_in_order_of_time_within_the_period(events: list[Record]) -> None:
    times = [parse_instant(event.time) for event in events]
    assert times == sorted(times)
    assert times[0] >= START_MS
    assert times[-1] < START_MS + DAYS * DAY_MS


def test_nothing_says_what_kind_of_user_it_is(events: list[Record]) -> None:
    said = {key for event in events for key in msgspec.to_builtins(event)["data"]}
    assert said == {
        "action",
        "session_ref",
        "attributes",
        "event",
        "conversation_ref",
        "direction",
        "text",
        "sentiment",
    }


def test_a_user_is_introduced_with_a_plan_before_anything_else(events: list[Record]) -> None:
    firsts: dict[str | None, Record] = {}
    for event in events:
        firsts.setdefault(event.subject, event)
    assert {type(event) for event in firsts.values()} == {Profile}
    assert {event.data.attributes["plan"] for event in firsts.values() if isinstance(event, Profile)} == {
        "free",
        "paid",
    }


def test_a_submitted_change_of_plan_is_told_next(events: list[Record]) -> None:
    wanted = {"submit_upgrade": "paid", "submit_downgrade": "free"}
    expected: dict[str | None, str] = {}
    told = 0
    for event in events:
        if event.subject in expected:
            assert isinstance(event, Profile)
            assert event.data.attributes["plan"] == expected.pop(event.subject)
            told += 1
        if isinstance(event, Activity) and event.data.action in wanted:
            expected[event.subject] = wanted[event.data.action]
    assert told > 20


def test_only_users_of_the_free_plan_get_adverts(events: list[Record]) -> None:
    plans: dict[str | None, object] = {}
    heard = Counter[object]()
    for event in events:
        if isinstance(event, Profile):
            plans[event.subject] = event.data.attributes["plan"]
        elif isinstance(event, Activity) and event.data.action == "roll_advert":
            heard[plans[event.subject]] += 1
    assert set(heard) == {"free"}


def test_a_cancellation_is_confirmed_within_200_seconds_and_nothing_follows(events: list[Record]) -> None:
    last: dict[str | None, Record] = {}
    cancelled_ms: dict[str | None, int] = {}
    for event in events:
        if isinstance(event, Activity) and event.data.action == "cancel":
            cancelled_ms[event.subject] = parse_instant(event.time)
        last[event.subject] = event
    confirmed = users_who(events, "cancellation_confirmation")
    assert confirmed <= set(cancelled_ms)
    for user in confirmed:
        end = last[user]
        assert isinstance(end, Activity)
        assert end.data.action == "cancellation_confirmation"
        assert 1_000 <= parse_instant(end.time) - cancelled_ms[user] <= 200_000


def test_users_cancel_only_from_pages_that_can_lead_there(events: list[Record]) -> None:
    before: dict[str | None, str] = {}
    pages = set()
    for event in events:
        if isinstance(event, Activity):
            if event.data.action == "cancel":
                pages.add(before[event.subject])
            before[event.subject] = event.data.action
    assert pages <= {"downgrade", "settings", "roll_advert", "thumbs_down"}


def test_about_one_user_in_eight_cancels_within_a_month() -> None:
    cancelled = sum(line.count(b"cancellation_confirmation") for line in simulate(800, DAYS, 5, START_MS))
    assert 0.10 <= cancelled / 800 <= 0.155


def test_the_mix_of_actions_is_that_of_the_real_users_it_was_fitted_on(events: list[Record]) -> None:
    counts = actions(events)
    share = {action: 100 * count / counts.total() for action, count in counts.items()}
    real = fitted().target.mix
    often = {action: part for action, part in real.items() if part > 2.0}
    rare = {action: part for action, part in real.items() if 0.1 < part <= 2.0}
    assert share == pytest.approx(share | often, rel=0.15)
    assert share == pytest.approx(share | rare, rel=0.5)
    assert share["next_song"] == pytest.approx(real["next_song"], rel=0.02)


def test_users_do_about_twenty_things_a_day(events: list[Record]) -> None:
    assert 16 <= len(events) / USERS / DAYS <= 27


def test_a_conversation_is_opened_talked_in_and_closed(events: list[Record]) -> None:
    talks: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event, Conversation):
            talks.setdefault(event.data.conversation_ref, []).append(event.data.event)
        elif isinstance(event, Message):
            talks.setdefault(event.data.conversation_ref, []).append(event.data.direction)
    whole = [talk for talk in talks.values() if talk[-1] == "closed"]
    assert len(whole) > 100
    for opened, *messages, _closed in whole:
        assert opened == "opened"
        assert messages == (["inbound", "outbound"] * 4)[: len(messages)]
        assert 2 <= len(messages) <= 8


def test_sentiments_come_in_steps_of_a_thousandth(events: list[Record]) -> None:
    sentiments = [event.data.sentiment for event in events if isinstance(event, Message)]
    assert all(value is not None and value == round(value, 3) for value in sentiments)


def test_those_who_will_cancel_write_less_kindly(events: list[Record]) -> None:
    leaving = users_who(events, "cancel")
    tone: dict[bool, list[float]] = {True: [], False: []}
    for event in events:
        if isinstance(event, Message) and event.data.direction == "inbound" and event.data.sentiment is not None:
            tone[event.subject in leaving].append(event.data.sentiment)
    assert sum(tone[True]) / len(tone[True]) < sum(tone[False]) / len(tone[False]) - 0.05


def test_exactly_half_of_the_services_have_a_chat_and_their_users_stand_among_the_others() -> None:
    society = society_of(1)
    assert sum(service.has_chat for service in society.services) == len(society.services) / 2
    for first in range(0, USERS, len(society.services)):
        block = range(first, first + len(society.services))
        chatting = [society.character(user, 0.5).service.has_chat for user in block]
        assert sum(chatting) == len(chatting) / 2


def test_users_of_services_without_chat_never_chat_and_cancel_too(events: list[Record]) -> None:
    society = society_of(1)
    silent = {f"u{user:06d}" for user in range(USERS) if not society.character(user, 0.5).service.has_chat}
    talked = {event.subject for event in events if isinstance(event, Conversation | Message)}
    assert talked.isdisjoint(silent)
    assert len(talked) > 30
    assert len(users_who(events, "cancel") & silent) >= 5


def test_another_seed_has_other_services() -> None:
    assert society_of(1).services != society_of(2).services


def test_what_is_said_is_varied_plain_text(events: list[Record]) -> None:
    texts = [event.data.text for event in events if isinstance(event, Message)]
    assert len(set(texts)) > 0.3 * len(texts)
    assert all(text and text.isascii() and not set(text) & set('{}"\\') for text in texts)


def test_angry_words_go_with_a_bad_sentiment(events: list[Record]) -> None:
    said = [(event.data.text or "", event.data.sentiment or 0.0) for event in events if isinstance(event, Message)]
    thankful = [sentiment for text, sentiment in said if "Thank you!" in text or "Thanks" in text]
    angry = [sentiment for text, sentiment in said if "terrible" in text or "Terrible" in text or "worst" in text]
    assert min(thankful) > 0.1
    assert max(angry) < -0.2


def test_support_keeps_some_users_waiting_much_longer_than_others(events: list[Record]) -> None:
    asked_ms: dict[str, int] = {}
    waits_s = []
    for event in events:
        if isinstance(event, Message):
            if event.data.direction == "inbound":
                asked_ms[event.data.conversation_ref] = parse_instant(event.time)
            else:
                waits_s.append((parse_instant(event.time) - asked_ms[event.data.conversation_ref]) / 1000)
    waits_s.sort()
    assert 20 < waits_s[len(waits_s) // 2] < 300
    assert waits_s[-len(waits_s) // 20] > 3 * waits_s[len(waits_s) // 2]


def test_a_period_that_ends_in_the_future_is_refused() -> None:
    refuse_unfinished_period(START_MS, 30, START_MS + 30 * DAY_MS)
    with pytest.raises(ContractViolation, match=r"30 days from 2024-01-01.* end on 2024-01-31.*still to come"):
        refuse_unfinished_period(START_MS, 30, START_MS + 30 * DAY_MS - 1)


def test_the_first_event_is_there_before_the_whole_log_is_made() -> None:
    log: Iterator[bytes] = simulate(50, 3_000, 1, 0)
    assert DECODER.decode(next(log))
