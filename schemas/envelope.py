"""What all records share: the CloudEvents attributes, and the forms of texts and numbers."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1, max_length=256)]
Instant = Annotated[
    str,
    Meta(description="RFC 3339 date-time with an offset", max_length=64, extra_json_schema={"format": "date-time"}),
]
UserId = Annotated[str, Meta(max_length=200)]
SLUG_PATTERN = r"^[a-z][a-z0-9_]{0,63}$"
Slug = Annotated[str, Meta(pattern=SLUG_PATTERN)]
Action = Annotated[str, Meta(max_length=64, extra_json_schema={"pattern": SLUG_PATTERN})]
Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Envelope(Struct, kw_only=True, frozen=True, omit_defaults=True, gc=False):
    """The CloudEvents attributes that all records share."""

    specversion: Literal["1.0"]
    id: Text
    source: Text
    time: Instant
    subject: UserId | None = None
    partitionkey: str | None = None
    recordedtime: Instant | None = None
    datacontenttype: str | None = None
