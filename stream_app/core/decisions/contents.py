"""What an alert says, apart from when it was published and in which words: by this alerts are compared."""

import msgspec

from schemas.alerts import Alert


def contents(alert: Alert) -> bytes:
    """An alert as bytes, but for when it was published and the words of its reasons: these may change under a state."""
    reasons = [msgspec.structs.replace(reason, label="", text="", group="") for reason in alert.data.reasons]
    data = msgspec.structs.replace(alert.data, detected_at="", reasons=reasons)
    return msgspec.json.encode(msgspec.structs.replace(alert, data=data))
