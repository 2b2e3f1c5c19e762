"""What an alert says, apart from when it was published and in which words: by this alerts are compared.

An alert that was published under another layout has other digests, and its reasons may stand in another order. What was
decided is the same for every code: such an alert is compared by that alone.
"""

import msgspec

from schemas.alerts import Alert


def contents(alert: Alert) -> bytes:
    """An alert as bytes, but for when it was published and the words of its reasons: these may change under a state."""
    reasons = [msgspec.structs.replace(reason, label="", text="", group="") for reason in alert.data.reasons]
    data = msgspec.structs.replace(alert.data, detected_at="", reasons=reasons)
    return msgspec.json.encode(msgspec.structs.replace(alert, data=data))


def decision(alert: Alert) -> bytes:
    """What was decided, on what: user, episode, sequence, status, source offset, vector and score, as bytes."""
    data = alert.data
    return msgspec.json.encode(
        (data.user_ref, data.episode, data.sequence, data.status, data.src.offset, data.vector_hash, data.score)
    )


def digests(alert: Alert) -> tuple[str, str]:
    """What the alert was made with: two alerts with others are compared by their `decision` alone."""
    return alert.data.state_digest, alert.data.feature_schema
