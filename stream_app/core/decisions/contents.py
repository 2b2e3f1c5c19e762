"""What an alert says, apart from when it was published: by this alerts are compared."""

import msgspec

from schemas.alerts import Alert


def contents(alert: Alert) -> bytes:
    """An alert as bytes, but for when it was published."""
    data = msgspec.structs.replace(alert.data, detected_at="")
    return msgspec.json.encode(msgspec.structs.replace(alert, data=data))
