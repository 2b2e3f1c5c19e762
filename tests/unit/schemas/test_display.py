"""Users' ids on a terminal: as they are, and nothing in them steers it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.display import LONGEST_ID, shown_id


@pytest.mark.parametrize("user", ["plain", "[/b]", "[b]x", "dependabot[bot]", "😀", "{a}:u:b", "é", "e\u0301", "a b"])
def test_what_can_be_printed_is_shown_as_it_is(user: str) -> None:
    assert shown_id(user) == user


@pytest.mark.parametrize(
    ("user", "shown"),
    [("a\0b", r"a\x00b"), ("\x1b[31m", r"\x1b[31m"), ("\x9b2J", r"\x9b2J"), ("a\r\nb", r"a\r\nb"),
     ("a\u202eb", r"a\u202eb"), ("a\u2028b", r"a\u2028b"), ("\ud83d", r"\ud83d")],
)  # fmt: skip
def test_what_would_steer_a_terminal_is_written_as_an_escape(user: str, shown: str) -> None:
    assert shown_id(user) == shown


def test_a_long_one_shows_both_ends() -> None:
    assert shown_id("a" * 100 + "b" * 100) == "a" * 20 + "…" + "b" * 19


@given(st.text(max_size=300), st.integers(3, LONGEST_ID))
def test_whatever_it_is_it_fits_and_steers_nothing(user: str, longest: int) -> None:
    shown = shown_id(user, longest)
    assert len(shown) <= longest
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in shown)
