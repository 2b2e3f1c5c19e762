"""A time is read as RFC 3339 has it, on every Python; what is none is refused with the form that is wanted."""

import pytest

from schemas.instants import format_instant, nearest_instant, parse_instant, shown_instant


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-01T10:00:00Z", "2024-03-01T10:00:00.000Z"),
        ("2024-03-01t10:00:00z", "2024-03-01T10:00:00.000Z"),
        ("2024-03-01T10:00:00.5+02:00", "2024-03-01T08:00:00.500Z"),
        ("2024-03-01T10:00:00.123456789Z", "2024-03-01T10:00:00.123Z"),
        ("2024-03-01T10:00:00-00:00", "2024-03-01T10:00:00.000Z"),
        ("2024-03-01T00:30:00+23:59", "2024-02-29T00:31:00.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31T15:59:60.25-08:00", "2017-01-01T00:00:00.250Z"),
    ],
)
def test_what_rfc_3339_allows_is_taken(text: str, moment: str) -> None:
    assert format_instant(parse_instant(text)) == moment


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("2024-03-01T24:00:00Z", "hours run from 00 to 23"),
        ("2024-03-01T23:58:60Z", "only 23:59 in UTC can have a second 60"),
        ("2024-03-01T23:59:60+01:00", "only 23:59 in UTC can have a second 60"),
        ("2024-03-01T10:00:61Z", ""),
        ("2024-03-01 10:00:00Z", "write T between day and time"),
        ("2024-03-01T10:00:00+0200", "write the offset with a colon"),
        ("2024-03-01T10:00:00+02", "write the offset with a colon"),
        ("2024-03-01T10:00:00", "it has no offset from UTC"),
        ("2024-03-01T10Z", "write hours, minutes and seconds"),
        ("2024-03-01T10:00Z", "write hours, minutes and seconds"),
        ("2024-03-01", "write hours, minutes and seconds"),
        ("20240301T100000Z", "write - in the day and : in the time"),
        ("2024-W09-5T10:00:00Z", ""),
        ("2024-02-30T10:00:00Z", "there is no such day"),
        ("2024-03-01T10:00:00.Z", ""),
        ("2024-03-01T10:00:00,5Z", ""),
        ("2024-03-01T10:00:00Z\n", ""),
        ("٢٠٢٤-03-01T10:00:00Z", ""),
        ("1709287200", "if it counts seconds since 1970, write 2024-03-01T10:00:00.000Z"),
        ("1709287200123", "if it counts milliseconds since 1970, write 2024-03-01T10:00:00.123Z"),
        ("1709287200123456", "if it counts microseconds since 1970, write 2024-03-01T10:00:00.123Z"),
        ("now", ""),
        ("", ""),
    ],
)
def test_the_rest_is_refused_with_the_value_and_the_form_that_is_wanted(text: str, advice: str) -> None:
    with pytest.raises(ValueError, match="is no RFC 3339 date-time such as") as refusal:
        parse_instant(text)
    assert repr(text) in str(refusal.value)
    assert advice in str(refusal.value)


def test_a_timestamp_that_no_calendar_has_is_shown_as_its_number_and_written_as_the_nearest() -> None:
    assert shown_instant(1_709_287_200_123_456) == "1709287200123456 ms"
    assert nearest_instant(1_709_287_200_123_456) == "9999-12-31T23:59:59.999Z"
    assert shown_instant(-1) == nearest_instant(-1) == "1969-12-31T23:59:59.999Z"
