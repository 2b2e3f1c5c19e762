"""A workload for tests: every kind of feature over every length of tile, every kind of source.

`dial` is the latest inbound sentiment, so that a test can say what a model is to see.
"""

from schemas.events import Policy
from stream_app.core.features.kinds import (
    ActiveTiles,
    Count,
    DecayedMean,
    Difference,
    Feature,
    HoursSeen,
    HoursSince,
    Known,
    Latest,
    Mean,
    Most,
    Ratio,
    SessionEvents,
    SessionMinutes,
    Share,
    Sum,
    Total,
)
from stream_app.core.features.sources import (
    ACTIVITY,
    SESSION,
    Wait,
    action,
    attribute,
    conversation,
    message,
    sentiment,
)
from stream_app.core.features.workload import Workload

SIGNALS = {
    "play": (action("play"), action("replay")),
    "rating": (action("like", value=1000), action("love", value=2500), action("hate", value=-1000)),
    "error": (action("error"),),
    "plan": (attribute("plan", "free", 0), attribute("plan", "paid", 1), action("upgrade", value=2)),
    "known": (attribute("plan", "paid", 5), attribute("seats", "2.0", -7)),
    "chat": (conversation("opened"),),
    "chat_end": (conversation("closed"),),
    "message": (message("inbound"), message("outbound")),
    "question": (message("inbound"),),
    "tone": (sentiment("inbound"),),
    "reply_tone": (sentiment("outbound"),),
}

WAITS = {
    "wait": Wait(begins=message("inbound"), ends=message("outbound")),
    "hesitation": Wait(begins=action("play"), ends=action("love")),
}

FEATURES: dict[str, Feature] = {
    "dial": Latest("tone", -1, "latest tone"),
    "play_count_1h": Count("play", "1h", "plays in an hour"),
    "play_count_1d": Count("play", "1d", "plays in a day"),
    "play_count_7d": Count("play", "7d", "plays in a week"),
    "play_count_30d": Count("play", "30d", "plays in a month"),
    "error_count_7d": Count("error", "7d", "errors in a week"),
    "known_count_30d": Count("known", "30d", "known facts in a month"),
    "activity_count_1h": Count(ACTIVITY, "1h", "events in an hour"),
    "session_count_1h": Count(SESSION, "1h", "sessions in an hour"),
    "session_count_1d": Count(SESSION, "1d", "sessions in a day"),
    "session_count_7d": Count(SESSION, "7d", "sessions in a week"),
    "active_hours_1d": ActiveTiles(ACTIVITY, "1d", "active hours in a day"),
    "active_days_7d": ActiveTiles(ACTIVITY, "7d", "active days in a week"),
    "active_days_30d": ActiveTiles(ACTIVITY, "30d", "active days in a month"),
    "session_tiles_1h": ActiveTiles(SESSION, "1h", "tiles of an hour in which sessions began"),
    "error_share_1h": Share("error", ("error", "play"), "1h", "errors among plays in an hour"),
    "rating_share_30d": Share("rating", ("play", "chat", "chat_end"), "30d", "ratings per play and chat"),
    "seen_h": HoursSeen(60, "hours since the first event"),
    "activity_since_h": HoursSince(ACTIVITY, 720, "hours since anything"),
    "error_since_h": HoursSince("error", 48, "hours since an error"),
    "session_minutes": SessionMinutes("minutes in this session"),
    "session_events": SessionEvents("events in this session"),
    "rating_mean_1h": DecayedMean("rating", "1h", 0.5, "mean rating in an hour"),
    "rating_mean_30d": DecayedMean("rating", "30d", 0.97, "mean rating in a month"),
    "tone_mean_1d": DecayedMean("tone", "1d", 0.9, "mean tone in a day"),
    "tone_mean_7d": DecayedMean("tone", "7d", 0.7, "mean tone in a week"),
    "tone_mean_30d": DecayedMean("tone", "30d", 0.7, "mean tone in a month"),
    "reply_tone_mean_30d": DecayedMean("reply_tone", "30d", 0.9, "mean tone of replies in a month"),
    "wait_mean_30d": DecayedMean("wait", "30d", 0.9, "mean minutes until an answer in a month"),
    "wait_count_1d": Count("wait", "1d", "answers in a day"),
    "wait_since_h": HoursSince("wait", 48, "hours since an answer"),
    "wait_hesitation_mean_1h": DecayedMean("hesitation", "1h", 0.5, "mean minutes from a play to love in an hour"),
    "rating_sum_7d": Sum("rating", "7d", "sum of ratings in a week"),
    "rating_mean_7d": Mean("rating", "7d", -7.5, "mean rating in a week"),
    "rating_most_1h": Most("rating", "1h", -0.25, "best rating in an hour"),
    "rating_most_7d": Most("rating", "7d", 0, "best rating in a week"),
    "tone_sum_1d": Sum("tone", "1d", "sum of tones in a day"),
    "tone_most_1d": Most("tone", "1d", 0.125, "best tone in a day"),
    "wait_most_30d": Most("wait", "30d", 0, "longest wait in a month"),
    "tone_known": Known("tone", "whether a tone is known"),
    "rating_ratio": Ratio("rating_sum_7d", "rating_mean_30d", -3, "ratings of a week over the mean of a month"),
    "plays_less_errors": Difference("play_count_7d", "error_count_7d", "plays less errors in a week"),
    "everything": Total(("rating_sum_7d", "plays_less_errors", "tone_sum_1d"), "several things together"),
    "plan": Latest("plan", 9, "latest plan"),
    "known": Latest("known", 0, "latest known fact"),
    "message_count_1d": Count("message", "1d", "messages in a day"),
    "question_share_1d": Share("question", ("message",), "1d", "questions among messages in a day"),
}

WORKLOAD = Workload(
    name="every_kind",
    signals=SIGNALS,
    waits=WAITS,
    churn=(action("leave"), attribute("plan", "gone", 1)),
    label=action("leave"),
    horizon_days=14,
    features=FEATURES,
    policy=Policy(name="default", version=1, enter=0.5, leave=0.3, critical=0.8, cooldown_s=86_400),
)
