"""A workload compiles to a record and tables, and its digests change when and only when they must."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stream_app.core.durations import DAY_MS
from stream_app.core.features import patterns, windows
from stream_app.core.features.kinds import (
    KINDS,
    ActiveTiles,
    Count,
    DecayedMean,
    Feature,
    HoursSeen,
    HoursSince,
    Latest,
    Most,
    SessionEvents,
    Share,
    Sum,
    Total,
)
from stream_app.core.features.plan import compile_workload
from stream_app.core.features.sources import (
    ACTIVITY,
    SESSION,
    SignalSource,
    Wait,
    action,
    attribute,
    conversation,
    message,
    sentiment,
)
from stream_app.core.features.windows import Window
from stream_app.core.features.workload import Workload
from stream_app.workloads import music
from tests.support import every_kind

WORKLOAD = every_kind.WORKLOAD
COMPILED = compile_workload(WORKLOAD)
DIGEST = COMPILED.state_digest
CHAT = conversation("opened")
BOTH = pytest.mark.parametrize("workload", [music.WORKLOAD, WORKLOAD], ids=lambda workload: workload.name)
REPOSITORY = Path(__file__).parents[4]


def _with(features: dict[str, Feature]) -> Workload:
    return replace(WORKLOAD, features={**WORKLOAD.features, **features})


def _without(*names: str) -> Workload:
    return replace(WORKLOAD, features={name: f for name, f in WORKLOAD.features.items() if name not in names})


@BOTH
def test_features_keep_their_names_and_order(workload: Workload) -> None:
    names = [name.partition("=")[0] for name in compile_workload(workload).feature_names]
    assert list(dict.fromkeys(names)) == list(workload.features)


@BOTH
def test_a_record_is_whole_groups_of_words_and_every_byte_of_it_belongs_to_a_field(workload: Workload) -> None:
    record = compile_workload(workload).record
    assert record.itemsize % 64 == 0
    assert sum(record[name].itemsize for name in record.names or ()) == record.itemsize


@pytest.mark.parametrize(
    "feature",
    [
        Count("nothing", "7d", ""),
        ActiveTiles("nothing", "7d", ""),
        Share("play", ("play", "nothing"), "7d", ""),
        HoursSince("nothing", 1, ""),
        DecayedMean("nothing", "7d", 0.9, ""),
        Latest("nothing", 0, ""),
    ],
    ids=lambda feature: type(feature).__name__,
)
def test_a_feature_of_a_signal_that_is_not_declared_is_refused(feature: Feature) -> None:
    with pytest.raises(KeyError, match="nothing"):
        compile_workload(_with({"wrong": feature}))


def test_a_feature_over_a_window_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError, match="8d"):
        compile_workload(_with({"wrong": Count("play", "8d", "")}))


READ_OUTS: dict[str, Feature] = {
    "a count of a smaller window": Count("error", "1h", ""),
    "a count of a larger window of the same tiles": Count("error", "30d", ""),
    "a count beside a mean": Count("tone", "30d", ""),
    "active tiles beside a count": ActiveTiles("play", "1d", ""),
    "a share of counts": Share("play", ("play", "activity"), "1h", ""),
    "a mean with another decay": DecayedMean("tone", "7d", 0.1, ""),
    "hours since the first event": HoursSeen(5, ""),
    "hours with another cap": HoursSince("error", 5, ""),
    "a latest value with another default": Latest("plan", 7, ""),
    "events of the session": SessionEvents(""),
}


@pytest.mark.parametrize("name", READ_OUTS)
def test_another_read_out_of_what_is_kept_leaves_the_state_digest(name: str) -> None:
    assert compile_workload(_with({name: READ_OUTS[name]})).state_digest == DIGEST


@pytest.mark.parametrize("name", READ_OUTS)
def test_another_read_out_of_what_is_kept_leaves_the_state_digest_wherever_it_stands(name: str) -> None:
    workload = replace(WORKLOAD, features={name: READ_OUTS[name], **WORKLOAD.features})
    assert compile_workload(workload).state_digest == DIGEST


def test_labels_the_policy_and_the_horizon_leave_both_digests() -> None:
    relabelled = _with({"plan": Latest("plan", 9, "another label")})
    compiled, plain = compile_workload(replace(relabelled, policy=music.WORKLOAD.policy, horizon_days=7)), COMPILED
    assert compiled.state_digest == DIGEST
    assert compiled.feature_schema(compiled.feature_names) == plain.feature_schema(plain.feature_names)


def test_the_name_of_a_class_leaves_both_digests() -> None:
    class Newest(Latest):
        """The same under another name."""

    compiled = compile_workload(_with({"plan": Newest("plan", 9, "latest plan")}))
    assert compiled.state_digest == DIGEST
    assert compiled.feature_schema(("plan",)) == COMPILED.feature_schema(("plan",))


def test_a_workload_whose_states_could_grow_beyond_what_is_stored_is_refused_when_it_is_compiled() -> None:
    sums = {
        f"{signal}_{window}": Most(signal, window, 0, "") for signal in ("tone", "play") for window in ("7d", "30d")
    }
    with pytest.raises(ValueError, match=r"could grow to .* bytes, at most 4,096 are allowed"):
        compile_workload(_with({**sums, "more": Most("error", "1d", 0, "")}))


def test_what_is_made_of_a_feature_that_does_not_stand_before_it_is_refused() -> None:
    with pytest.raises(ValueError, match="no feature 'later' of one column before"):
        compile_workload(_with({"early": Total(("later",), ""), "later": Count("play", "7d", "")}))


def test_what_is_made_of_others_has_another_schema_when_they_have() -> None:
    other = compile_workload(_with({"rating_sum_7d": Sum("play", "7d", "sum of ratings in a week")}))
    assert other.feature_schema(("everything",)) != COMPILED.feature_schema(("everything",))


CHANGES: dict[str, Callable[[], Workload]] = {
    "another signal in a grid": lambda: _with({"new": Count("chat_end", "1d", "")}),
    "tiles of another length": lambda: _with({"new": Count("chat_end", "1h", "")}),
    "values beside counts": lambda: _with({"new": DecayedMean("play", "7d", 0.9, "")}),
    "another last time": lambda: _with({"new": HoursSince(SESSION, 5, "")}),
    "another latest value": lambda: _with({"new": Latest("rating", 5, "")}),
    "a feature less whose tiles nobody else reads": lambda: _without("rating_mean_1h"),
    "another signal": lambda: replace(WORKLOAD, signals={**WORKLOAD.signals, "new": (action("new"),)}),
    "another source of a signal": lambda: replace(WORKLOAD, signals={**WORKLOAD.signals, "error": (action("oops"),)}),
    "another value of a signal": lambda: replace(
        WORKLOAD, signals={**WORKLOAD.signals, "plan": (action("upgrade", value=3),)}
    ),
    "another wait": lambda: replace(WORKLOAD, waits={**WORKLOAD.waits, "new": Wait(CHAT, conversation("closed"))}),
    "another end of a wait": lambda: replace(WORKLOAD, waits={**WORKLOAD.waits, "wait": Wait(CHAT, CHAT)}),
    "another churn act": lambda: replace(WORKLOAD, churn=(action("go"),)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_is_kept_or_of_what_it_means_changes_the_state_digest(change: str) -> None:
    assert compile_workload(CHANGES[change]()).state_digest != DIGEST


@pytest.mark.parametrize(
    ("constant", "value"),
    [
        ("plan.SESSION_GAP_MS", 1),
        ("plan.SESSION_LATENESS_MS", 1),
        ("plan.WAIT_SCALE", 100),
        ("digests.KERNEL_VERSION", 99),
        ("digests.ADMISSION_VERSION", 99),
        ("digests.ID_RING", 64),
    ],
)
def test_a_constant_that_gives_events_another_meaning_changes_the_state_digest(
    constant: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"stream_app.core.features.{constant}", value)
    assert compile_workload(WORKLOAD).state_digest != DIGEST


def test_another_scale_of_an_event_types_own_numbers_changes_the_state_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(patterns.OWN_SCALES, "sentiment", 100)
    assert compile_workload(WORKLOAD).state_digest != DIGEST


@pytest.mark.parametrize("window", [Window(DAY_MS, 31), Window(DAY_MS // 2, 30)], ids=["number", "length"])
def test_other_tiles_change_the_state_digest(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(windows.WINDOWS, "30d", window)
    assert compile_workload(WORKLOAD).state_digest != DIGEST


def test_a_signal_that_the_churn_act_raises_is_refused() -> None:
    leaking = replace(WORKLOAD, signals={**WORKLOAD.signals, "leaving": (action("leave"),)})
    with pytest.raises(ValueError, match="'leaving' is raised by the churn act"):
        compile_workload(leaking)


def test_a_feature_that_reads_the_cancel_page_is_refused() -> None:
    for page in ("cancel", "cancellation_confirmation"):
        signals = {**music.WORKLOAD.signals, "goodbye": (action("home"), action(page))}
        features = {**music.WORKLOAD.features, "goodbye_count_1h": Count("goodbye", "1h", "")}
        with pytest.raises(ValueError, match="no feature may see what it foretells"):
            compile_workload(replace(music.WORKLOAD, signals=signals, features=features))


def test_a_wait_for_the_churn_act_is_refused() -> None:
    with pytest.raises(ValueError, match="'new' is raised by the churn act"):
        compile_workload(replace(WORKLOAD, waits={**WORKLOAD.waits, "new": Wait(action("play"), action("leave"))}))


def test_two_waits_that_begin_or_end_with_the_same_act_are_refused() -> None:
    for new in (Wait(message("inbound"), CHAT), Wait(CHAT, message("outbound"))):
        with pytest.raises(ValueError, match="with the same act"):
            compile_workload(replace(WORKLOAD, waits={**WORKLOAD.waits, "new": new}))


@pytest.mark.parametrize("name", ["play", ACTIVITY])
def test_a_wait_with_the_name_of_a_signal_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="has the name of a signal"):
        compile_workload(replace(WORKLOAD, waits={**WORKLOAD.waits, name: Wait(CHAT, conversation("closed"))}))


@pytest.mark.parametrize("source", [attribute("plan", "free", 0), sentiment("inbound")], ids=["fact", "sentiment"])
def test_a_wait_for_anything_but_an_act_is_refused(source: SignalSource) -> None:
    with pytest.raises(ValueError, match="must begin and end with"):
        compile_workload(replace(WORKLOAD, waits={**WORKLOAD.waits, "new": Wait(action("play"), source)}))


def test_digests_are_the_same_in_every_process() -> None:
    program = (
        "from tests.support import every_kind; from stream_app.core.features.plan import compile_workload; "
        "compiled = compile_workload(every_kind.WORKLOAD); "
        "print(compiled.state_digest, compiled.feature_schema(compiled.feature_names))"
    )
    compiled = compile_workload(WORKLOAD)
    expected = {f"{compiled.state_digest} {compiled.feature_schema(compiled.feature_names)}"}
    assert {_output(program, hash_seed) for hash_seed in ("1", "2")} == expected


def _output(program: str, hash_seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def test_the_feature_schema_names_columns_their_order_and_their_declarations() -> None:
    compiled = compile_workload(WORKLOAD)
    changed = compile_workload(_with({"plan": Latest("plan", 8, "latest plan")}))
    schemas = [
        compiled.feature_schema(("dial", "plan")),
        compiled.feature_schema(("plan", "dial")),
        compiled.feature_schema(("dial",)),
        changed.feature_schema(("dial", "plan")),
    ]
    assert len(set(schemas)) == len(schemas)
    assert changed.feature_schema(("dial",)) == compiled.feature_schema(("dial",))


def test_events_that_no_signal_names_share_the_pattern_that_raises_nothing() -> None:
    compiled = compile_workload(WORKLOAD)
    assert compiled.patterns["", ""] == 0
    assert compiled.plan.pattern_from[:2].tolist() == [0, 0]


def test_every_registered_kind_stands_in_the_workload_that_all_checks_are_run_on() -> None:
    assert {type(feature) for feature in WORKLOAD.features.values()} == set(KINDS)


def test_kinds_have_names_of_their_own_in_digests() -> None:
    assert len({kind.TAG for kind in KINDS}) == len(KINDS)
