"""Holds what Redis has of a partition against a replay that stands at the same position."""

from collections.abc import Collection, Iterator
from itertools import islice

from operations.states.stopping_replay import StoppingReplay
from operations.verify.findings import Findings
from schemas.display import shown_id
from stream_app.core.features.codec import pack
from stream_app.partition.effects import Meta
from stream_app.ports.stored_states import PAGE, Page


def compare_page(findings: Findings, partition: int, page: Page, replay: StoppingReplay) -> None:
    """Every stored state of a page, bit for bit. The replay stands at the page's position."""
    replayed = dict(_packed(replay, [user for user in page.states if user in replay.fold.users]))
    for user, state in page.states.items():
        due = replayed.get(user)
        if due != state:
            words = _difference(due, state)
            findings.note(
                "state_mismatches", f"partition {partition}: user {shown_id(user)} {words} at {page.position}"
            )


def note_missing(findings: Findings, partition: int, found: Collection[str], replay: StoppingReplay) -> None:
    """Users that the replay knows where it stands, and Redis does not."""
    for user in replay.fold.users.keys() - found:
        findings.note(
            "state_mismatches", f"partition {partition}: user {shown_id(user)} has no state at {replay.position}"
        )


def compare_meta(findings: Findings, partition: int, meta: Meta, due: Meta) -> None:
    """What stands beside the states."""
    for name, stored, replayed in (
        ("anchor", meta.anchor, due.anchor),
        ("state digest", meta.state_digest, due.state_digest),
        ("number of partitions", meta.partitions, due.partitions),
        ("control in force", meta.control, due.control),
    ):
        if stored != replayed:
            words = f"partition {partition}: the {name} at {meta.position} is {stored}, a replay comes to {replayed}"
            findings.note("meta_mismatches", words)


def packed_states(replay: StoppingReplay) -> Iterator[tuple[str, bytes]]:
    """Every user of a replay with the packed state."""
    names = iter(replay.fold.users)
    while page := list(islice(names, PAGE)):
        yield from _packed(replay, page)


def _packed(replay: StoppingReplay, users: list[str]) -> Iterator[tuple[str, bytes]]:
    fold = replay.fold
    return zip(users, pack(fold.records[[fold.users[user] for user in users]]), strict=True)


def _difference(due: bytes | None, state: bytes | None) -> str:
    if due is None:
        return "has a state and no event"
    if state is None:
        return "has lost the state"
    if len(due) != len(state):
        return f"has a state of {len(state)} bytes, a replay one of {len(due)}"
    place = next(place for place, (one, other) in enumerate(zip(due, state, strict=True)) if one != other)
    return f"has a state that differs from byte {place} of {len(state)}"
