"""Many canonical times at once are what each of them is alone."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.instants import format_instant, parse_instant
from stream_app.core.intake.instants import WIDTH, parse_canonical

INSTANTS_MS = st.integers(-62_135_596_800_000, 253_402_300_799_999)


@given(st.lists(INSTANTS_MS))
def test_times_in_the_canonical_form_are_parsed_together(instants_ms: list[int]) -> None:
    texts = [format_instant(instant_ms).rjust(WIDTH, "0") for instant_ms in instants_ms]
    parsed = parse_canonical(texts)
    assert parsed is not None
    assert parsed.tolist() == instants_ms


@given(INSTANTS_MS, st.lists(st.tuples(st.integers(0, WIDTH - 1), st.sampled_from("0123456789-:.TZtz +")), max_size=3))
def test_what_is_parsed_is_the_time_that_it_is_alone(instant_ms: int, flips: list[tuple[int, str]]) -> None:
    text = format_instant(instant_ms).rjust(WIDTH, "0")
    for place, character in flips:
        text = text[:place] + character + text[place + 1 :]
    if (parsed := parse_canonical([text, text])) is not None:
        assert parsed.tolist() == [parse_instant(text)] * 2
