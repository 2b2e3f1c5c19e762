"""A music service with advert-paid and subscribed listeners, and chat support."""

from schemas.events import Policy
from stream_app.core.catalogue import (
    ACTIVITY,
    SESSION,
    ActiveTiles,
    Count,
    DecayedMean,
    Feature,
    HoursSince,
    Latest,
    SessionMinutes,
    Share,
    Workload,
    action,
    attribute,
    conversation,
    message,
    sentiment,
)

SIGNALS = {
    "song": (action("next_song"),),
    "thumbs_up": (action("thumbs_up"),),
    "thumbs_down": (action("thumbs_down"),),
    "advert": (action("roll_advert"),),
    "error": (action("error"),),
    "downgrade_view": (action("downgrade"),),
    "settings_view": (action("settings"),),
    "plan": (
        attribute("plan", "free", 0),
        attribute("plan", "paid", 1),
        action("submit_downgrade", value=0),
        action("submit_upgrade", value=1),
    ),
    "chat": (conversation("opened"),),
    "chat_message": (message("inbound"),),
    "sentiment": (sentiment("inbound"),),
}

FEATURES: dict[str, Feature] = {
    "song_count_7d": Count("song", "7d", "songs in a week"),
    "song_count_30d": Count("song", "30d", "songs in a month"),
    "session_count_7d": Count(SESSION, "7d", "sessions in a week"),
    "active_days_30d": ActiveTiles(ACTIVITY, "30d", "active days in a month"),
    "advert_share_7d": Share("advert", ("advert", "song"), "7d", "adverts among what was played in a week"),
    "thumbs_down_share_30d": Share("thumbs_down", ("thumbs_up", "thumbs_down"), "30d", "thumbs down among ratings"),
    "thumbs_down_count_7d": Count("thumbs_down", "7d", "thumbs down in a week"),
    "error_count_7d": Count("error", "7d", "errors in a week"),
    "downgrade_view_count_30d": Count("downgrade_view", "30d", "visits to the downgrade page in a month"),
    "downgrade_view_since_h": HoursSince("downgrade_view", 720, "hours since a visit to the downgrade page"),
    "settings_view_count_30d": Count("settings_view", "30d", "visits to the settings page in a month"),
    "session_minutes": SessionMinutes("minutes in this session"),
    "plan_paid": Latest("plan", 0, "has a paid plan"),
    "chat_count_30d": Count("chat", "30d", "support chats in a month"),
    "chat_message_count_1d": Count("chat_message", "1d", "messages to support in a day"),
    "sentiment_mean_30d": DecayedMean("sentiment", "30d", 0.9, "tone towards support"),
}

WORKLOAD = Workload(
    name="music",
    signals=SIGNALS,
    churn=(action("cancel"), action("cancellation_confirmation")),
    label_action="cancellation_confirmation",
    horizon_days=14,
    features=FEATURES,
    policy=Policy(name="default", version=1, enter=0.378, leave=0.189, critical=0.593, cooldown_s=14 * 86_400),
)
