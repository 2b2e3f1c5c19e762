"""A music service with advert-paid and subscribed listeners, and chat support."""

from schemas.events import Policy
from stream_app.core.features.kinds import (
    ActiveTiles,
    Count,
    DecayedMean,
    Feature,
    HoursSeen,
    HoursSince,
    Latest,
    SessionEvents,
    SessionMinutes,
    Share,
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
from stream_app.core.features.words import Ago, Counted, Either, Graded, Group, Lasting, Portion, Wording
from stream_app.core.features.workload import UserGroups, Workload

SIGNALS = {
    "song": (action("next_song"),),
    "thumbs_up": (action("thumbs_up"),),
    "thumbs_down": (action("thumbs_down"),),
    "advert": (action("roll_advert"),),
    "error": (action("error"),),
    "playlist": (action("add_to_playlist"),),
    "friend": (action("add_friend"),),
    "home": (action("home"),),
    "help": (action("help"),),
    "logout": (action("logout"),),
    "downgrade_view": (action("downgrade"),),
    "upgrade_view": (action("upgrade"),),
    "settings_view": (action("settings"),),
    "plan": (
        attribute("plan", "free", 0),
        attribute("plan", "paid", 1),
        action("submit_downgrade", value=0),
        action("submit_upgrade", value=1),
        action("downgrade", value=1),
        action("upgrade", value=0),
        action("roll_advert", value=0),
    ),
    "chat": (conversation("opened"),),
    "chat_message": (message("inbound"),),
    "sentiment": (sentiment("inbound"),),
}
"""A page that only one plan shows tells the plan where nobody says it."""

WAITS = {"chat_wait": Wait(begins=message("inbound"), ends=message("outbound"))}

FEATURES: dict[str, Feature] = {
    "song_count_1h": Count("song", "1h", "songs in an hour"),
    "advert_count_1h": Count("advert", "1h", "adverts in an hour"),
    "thumbs_down_count_1h": Count("thumbs_down", "1h", "thumbs down in an hour"),
    "error_count_1h": Count("error", "1h", "errors in an hour"),
    "downgrade_view_count_1h": Count("downgrade_view", "1h", "visits to the downgrade page in an hour"),
    "settings_view_count_1h": Count("settings_view", "1h", "visits to the settings page in an hour"),
    "song_count_1d": Count("song", "1d", "songs in a day"),
    "advert_count_1d": Count("advert", "1d", "adverts in a day"),
    "error_count_1d": Count("error", "1d", "errors in a day"),
    "downgrade_view_count_1d": Count("downgrade_view", "1d", "visits to the downgrade page in a day"),
    "chat_message_count_1d": Count("chat_message", "1d", "messages to support in a day"),
    "song_count_7d": Count("song", "7d", "songs in a week"),
    "session_count_7d": Count(SESSION, "7d", "sessions in a week"),
    "active_days_7d": ActiveTiles(ACTIVITY, "7d", "active days in a week"),
    "thumbs_down_count_7d": Count("thumbs_down", "7d", "thumbs down in a week"),
    "error_count_7d": Count("error", "7d", "errors in a week"),
    "help_view_count_7d": Count("help", "7d", "visits to the help page in a week"),
    "advert_share_7d": Share("advert", ("advert", "song"), "7d", "adverts among what was played in a week"),
    "song_count_30d": Count("song", "30d", "songs in a month"),
    "session_count_30d": Count(SESSION, "30d", "sessions in a month"),
    "active_days_30d": ActiveTiles(ACTIVITY, "30d", "active days in a month"),
    "error_count_30d": Count("error", "30d", "errors in a month"),
    "advert_share_30d": Share("advert", ("advert", "song"), "30d", "adverts among what was played in a month"),
    "thumbs_down_share_30d": Share("thumbs_down", ("thumbs_up", "thumbs_down"), "30d", "thumbs down among ratings"),
    "thumbs_up_share_30d": Share("thumbs_up", ("song",), "30d", "thumbs up per song in a month"),
    "playlist_share_30d": Share("playlist", ("song",), "30d", "songs put on a playlist in a month"),
    "friend_count_30d": Count("friend", "30d", "friends added in a month"),
    "home_share_30d": Share("home", (ACTIVITY,), "30d", "visits to the home page among all that was done in a month"),
    "logout_count_30d": Count("logout", "30d", "logouts in a month"),
    "downgrade_view_count_30d": Count("downgrade_view", "30d", "visits to the downgrade page in a month"),
    "upgrade_view_count_30d": Count("upgrade_view", "30d", "visits to the upgrade page in a month"),
    "settings_view_count_30d": Count("settings_view", "30d", "visits to the settings page in a month"),
    "chat_count_30d": Count("chat", "30d", "support chats in a month"),
    "chat_wait_mean_30d": DecayedMean("chat_wait", "30d", 0.9, "minutes of waiting for an answer in a chat"),
    "sentiment_mean_30d": DecayedMean("sentiment", "30d", 0.9, "tone towards support"),
    "downgrade_view_since_h": HoursSince("downgrade_view", 720, "hours since a visit to the downgrade page"),
    "settings_view_since_h": HoursSince("settings_view", 720, "hours since a visit to the settings page"),
    "advert_since_h": HoursSince("advert", 720, "hours since an advert"),
    "error_since_h": HoursSince("error", 720, "hours since an error"),
    "chat_since_h": HoursSince("chat", 720, "hours since a support chat began"),
    "seen_h": HoursSeen(720, "hours since the first event"),
    "session_minutes": SessionMinutes("minutes in this session"),
    "session_events": SessionEvents("events in this session"),
    "plan_paid": Latest("plan", 0, "has a paid plan"),
}

WORDS: dict[str, Wording] = {
    "song_count_1h": Counted("song", "songs", "{value} in an hour"),
    "song_count_1d": Counted("song", "songs", "{value} in a day"),
    "song_count_7d": Counted("song", "songs", "{value} in a week"),
    "song_count_30d": Counted("song", "songs", "{value} in a month"),
    "advert_count_1h": Counted("advert", "adverts", "{value} in an hour"),
    "advert_count_1d": Counted("advert", "adverts", "{value} in a day"),
    "advert_share_7d": Portion(
        "adverts were {value} of what was played in a week", "no adverts among what was played in a week"
    ),
    "advert_share_30d": Portion(
        "adverts were {value} of what was played in a month", "no adverts among what was played in a month"
    ),
    "advert_since_h": Ago("advert", 720),
    "thumbs_down_count_1h": Counted("thumbs down", "thumbs down", "{value} in an hour"),
    "thumbs_down_count_7d": Counted("thumbs down", "thumbs down", "{value} in a week"),
    "thumbs_down_share_30d": Portion(
        "{value} of ratings in a month were thumbs down", "no thumbs down among ratings in a month"
    ),
    "thumbs_up_share_30d": Portion("{value} of songs in a month got a thumbs up", "no song in a month got a thumbs up"),
    "playlist_share_30d": Portion(
        "{value} of songs in a month went on a playlist", "no song in a month went on a playlist"
    ),
    "error_count_1h": Counted("error", "errors", "{value} in an hour"),
    "error_count_1d": Counted("error", "errors", "{value} in a day"),
    "error_count_7d": Counted("error", "errors", "{value} in a week"),
    "error_count_30d": Counted("error", "errors", "{value} in a month"),
    "error_since_h": Ago("error", 720),
    "downgrade_view_count_1h": Counted("visit", "visits", "{value} to the downgrade page in an hour"),
    "downgrade_view_count_1d": Counted("visit", "visits", "{value} to the downgrade page in a day"),
    "downgrade_view_count_30d": Counted("visit", "visits", "{value} to the downgrade page in a month"),
    "downgrade_view_since_h": Ago("visit to the downgrade page", 720),
    "upgrade_view_count_30d": Counted("visit", "visits", "{value} to the upgrade page in a month"),
    "settings_view_count_1h": Counted("visit", "visits", "{value} to the settings page in an hour"),
    "settings_view_count_30d": Counted("visit", "visits", "{value} to the settings page in a month"),
    "settings_view_since_h": Ago("visit to the settings page", 720),
    "help_view_count_7d": Counted("visit", "visits", "{value} to the help page in a week"),
    "home_share_30d": Portion(
        "visits to the home page were {value} of what was done in a month",
        "no visits to the home page among what was done in a month",
    ),
    "session_count_7d": Counted("session", "sessions", "{value} in a week"),
    "session_count_30d": Counted("session", "sessions", "{value} in a month"),
    "active_days_7d": Counted("day", "days", "active on {value} in a week", none="no day"),
    "active_days_30d": Counted("day", "days", "active on {value} in a month", none="no day"),
    "session_minutes": Lasting("minutes", "{value} in this session"),
    "session_events": Counted("thing", "things", "{value} done in this session", none="nothing"),
    "friend_count_30d": Counted("friend", "friends", "{value} added in a month"),
    "logout_count_30d": Counted("logout", "logouts", "{value} in a month"),
    "chat_message_count_1d": Counted("message", "messages", "{value} to support in a day"),
    "chat_count_30d": Counted("support chat", "support chats", "{value} in a month"),
    "chat_since_h": Ago("support chat", 720),
    "chat_wait_mean_30d": Lasting(
        "minutes", "waited {value} on average for an answer in chats", "no wait for an answer in chats"
    ),
    "sentiment_mean_30d": Graded(
        "tone towards support is {value}",
        (
            (-1.0, "very negative"),
            (-0.6, "negative"),
            (-0.25, "slightly negative"),
            (-0.05, "neutral"),
            (0.05, "slightly positive"),
            (0.25, "positive"),
            (0.6, "very positive"),
        ),
        higher="better",
        lower="worse",
    ),
    "plan_paid": Either("has a paid plan", "has no paid plan"),
}

GROUPS = {
    "songs": Group(("song_count_1h", "song_count_1d", "song_count_7d", "song_count_30d")),
    "activity": Group(("session_count_7d", "session_count_30d", "active_days_7d", "active_days_30d")),
    "session": Group(("session_minutes", "session_events")),
    "adverts": Group(("advert_count_1h", "advert_count_1d", "advert_share_7d", "advert_share_30d", "advert_since_h")),
    "dislikes": Group(("thumbs_down_count_1h", "thumbs_down_count_7d", "thumbs_down_share_30d")),
    "likes": Group(("thumbs_up_share_30d", "playlist_share_30d")),
    "errors": Group(("error_count_1h", "error_count_1d", "error_count_7d", "error_count_30d", "error_since_h")),
    "downgrade_page": Group(
        ("downgrade_view_count_1h", "downgrade_view_count_1d", "downgrade_view_count_30d", "downgrade_view_since_h")
    ),
    "settings_page": Group(("settings_view_count_1h", "settings_view_count_30d", "settings_view_since_h")),
    "support_chats": Group(("chat_message_count_1d", "chat_count_30d", "chat_since_h")),
    "time_known": Group(("seen_h",), told=False),
}

WORKLOAD = Workload(
    name="music",
    signals=SIGNALS,
    waits=WAITS,
    churn=(action("cancel"), action("cancellation_confirmation")),
    label=action("cancellation_confirmation"),
    horizon_days=14,
    features=FEATURES,
    policy=Policy(name="default", version=1, enter=0.378, leave=0.189, critical=0.593, cooldown_s=14 * 86_400),
    words=WORDS,
    groups=GROUPS,
    report_groups=(UserGroups("chat", "users who chat with support", "users who never do"),),
    simulator="music_service",
    real_log="sparkify",
)
