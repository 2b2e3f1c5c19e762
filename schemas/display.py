"""Data of other people, such as users' ids, as text that no terminal acts upon."""

from typing import Final

LONGEST_ID: Final = 40


def escaped(text: str, but: str = "") -> str:
    """What cannot be printed, apart from `but`, is written as an escape. Never markup: print it as it stands."""
    return "".join(one if one.isprintable() or one in but else one.encode("unicode_escape").decode() for one in text)


def shown_id(user: str, longest: int = LONGEST_ID) -> str:
    """A user's id as people see it, its middle left out where it is long."""
    text = escaped(user)
    if len(text) <= longest:
        return text
    head = longest // 2
    return f"{text[:head]}…{text[head + 1 - longest :]}"
