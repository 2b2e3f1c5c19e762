"""A value is told in a sentence, beside what is usual, in numbers as people say them."""

import pytest

from stream_app.core.decisions.wording import length, number, percentage, told, told_category
from stream_app.core.features.words import Ago, Categorical, Counted, Graded, Lasting, Portion, Wording

SONG = Ago("song", 720)
BILL = Counted("euro", "euros", "{value} on the bill")
TONE = Graded("tone is {value}", ((-1.0, "bad"), (0.0, "good"), (0.5, "very good")), "better", "worse")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (2.5, "2.5"),
        (9.96, "10"),
        (0.023, "0.023"),
        (-0.624, "-0.62"),
        (41.4, "41"),
        (387, "390"),
        (999, "1,000"),
        (12_345, "12,000"),
        (3_000_000, "3,000,000"),
    ],
)
def test_a_number_is_told_in_two_digits(value: float, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "none"), (0.0001, "under 1%"), (0.01, "1%"), (0.126, "13%"), (0.995, "over 99%"), (1, "100%"), (1.2, "120%")],
)
def test_hardly_any_is_not_none_and_nearly_all_is_not_all(share: float, said: str) -> None:
    assert percentage(share) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "under a minute"),
        (0.4 / 60, "under a minute"),
        (1 / 60, "1 minute"),
        (0.75, "45 minutes"),
        (89.4 / 60, "89 minutes"),
        (1, "60 minutes"),
        (89.6 / 60, "90 minutes"),
        (1.5, "2 hours"),
        (24, "24 hours"),
        (35.9, "36 hours"),
        (36, "2 days"),
        (216, "9 days"),
        (24_000, "1,000 days"),
    ],
)
def test_a_length_is_told_in_the_unit_that_people_would_use(hours: float, said: str) -> None:
    assert " ".join(length(hours)) == said


@pytest.mark.parametrize(
    ("words", "value", "usual", "sentence"),
    [
        (None, 12_345, 2.5, "figure: 12,000, usually 2.5"),
        (None, 0.5, 0, "figure: 0.5, usually 0"),
        (None, 101, 102, "figure: 100, usually a little more"),
        (SONG, 216, 48, "no song for 9 days, usually 2"),
        (SONG, 36, 5, "no song for 2 days, usually 5 hours"),
        (SONG, 300, 290, "no song for 12 days, usually a little less"),
        (SONG, 720, 24, "no song in 30 days, usually one 24 hours ago"),
        (SONG, 24, 720, "last song 24 hours ago, usually none in 30 days"),
        (SONG, 0, 36, "last song just now, usually 2 days ago"),
        (SONG, 288, 384, "last song 12 days ago, usually 16"),
        (BILL, 1, 0, "1 euro on the bill, usually none"),
        (BILL, 0, 120, "no euros on the bill, usually 120"),
        (BILL, 1.5, 1, "1.5 euros on the bill, usually 1"),
        (Lasting("hours", "here for {value}"), 48, 36, "here for 2 days, usually a little less"),
        (Lasting("hours", "here for {value}"), 0, 1, "here for under a minute, usually 60 minutes"),
        (Lasting("minutes", "talked for {value}", "no talk"), 0, 3, "no talk, usually 3 minutes"),
        (Lasting("minutes", "talked for {value}", "no talk"), 2, 0, "talked for 2 minutes, usually none"),
        (Portion("{value} read", "nothing read"), 0, 0.002, "nothing read, usually under 1%"),
        (Portion("{value} read", "nothing read"), 0.002, 0.001, "under 1% read, usually a little less"),
        (TONE, -0.3, 0.2, "tone is bad, usually good"),
        (TONE, 0.1, 0.2, "tone is good, usually a little better"),
        (TONE, -0.1, -0.9, "tone is bad, usually a little worse"),
        (TONE, -7, 0.5, "tone is bad, usually very good"),
    ],
)
def test_a_sentence_says_the_value_and_what_is_usual(
    words: Wording | None, value: float, usual: float, sentence: str
) -> None:
    assert told(words, "figure", value, usual) == sentence


def test_a_category_is_told_by_its_names_or_by_its_label() -> None:
    words = Categorical("has a contract {value}", {"two_year": "for two years", "monthly": "by the month"})
    assert (
        told_category(words, "contract", "two_year", "monthly") == "has a contract for two years, usually by the month"
    )
    assert told_category(words, "contract", "other", "monthly") == "has a contract other, usually by the month"
    assert told_category(None, "contract", "two_year", "monthly") == "contract: two_year, usually monthly"
