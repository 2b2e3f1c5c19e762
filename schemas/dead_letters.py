"""The records of `customer-events-dlq`: the original bytes, and headers that say why they could not be applied."""

from typing import Literal

Reason = Literal["undecodable", "schema", "no_user", "future", "too_large", "mispartitioned", "bug"]

HEADER_PREFIX = "__churn.errors."
HEADERS = ("topic", "partition", "offset", "timestamp", "reason", "message", "session")
