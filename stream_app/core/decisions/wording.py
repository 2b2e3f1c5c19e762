"""Says in a sentence what a feature's value is and what is usual, with numbers rounded as people say them."""

from bisect import bisect_right

from stream_app.core.features.words import Ago, Categorical, Counted, Either, Graded, Lasting, Portion, Wording

_DAY_H = 24
_NONE = "none"
_MOST_MINUTES = 90
_MOST_HOURS = 36
_HARDLY = ("under", "a minute")


def told(words: Wording | None, label: str, value: float, usual: float) -> str:
    """The sentence about a value that is not the usual one; told by the label where there are no words."""
    match words:
        case Counted():
            return _counted(words, value, usual)
        case Lasting():
            return _lasting(words, value, usual)
        case Ago():
            return _ago(words, value, usual)
        case Portion():
            return _portion(words, value, usual)
        case Graded():
            return _graded(words, value, usual)
        case Either():
            return words.yes if value else words.no
        case _:
            return f"{label}: {number(value)}, usually {_usual(number(value), number(usual), _little(value, usual))}"


def told_category(words: Wording | None, label: str, value: str, usual: str) -> str:
    """The sentence about a category's value."""
    if not isinstance(words, Categorical):
        return f"{label}: {value}, usually {usual}"
    return f"{_fill(words.says, words.names.get(value, value))}, usually {words.names.get(usual, usual)}"


def number(value: float) -> str:
    """Two significant digits: 2.5, 41, 390, 12,000."""
    rounded = float(f"{value:.2g}") + 0.0
    return f"{rounded:,.0f}" if rounded.is_integer() else f"{rounded:,}"


def percentage(share: float) -> str:
    """A share in whole per cent; what is hardly any or nearly all is not rounded to none or all."""
    if share == 0:
        return _NONE
    if 0 < share < 0.01:
        return "under 1%"
    if 0.99 < share < 1:
        return "over 99%"
    return f"{share * 100:.0f}%"


def length(hours: float) -> tuple[str, str]:
    """A length of time in minutes, hours or days, as people would say it: how many, and of what."""
    if round(hours * 60) < 1:
        return _HARDLY
    if hours * 60 < _MOST_MINUTES:
        return _so_many(round(hours * 60), "minute")
    if hours < _MOST_HOURS:
        return _so_many(round(hours), "hour")
    return _so_many(round(hours / _DAY_H), "day")


def _so_many(count: int, unit: str) -> tuple[str, str]:
    return f"{count:,}", unit if count == 1 else f"{unit}s"


def _fill(says: str, value: str) -> str:
    return says.replace("{value}", value)


def _little(value: float, usual: float, less: str = "less", more: str = "more") -> str:
    return f"a little {more if usual > value else less}"


def _usual(value: str, usual: str, little: str) -> str:
    """What is usual, once the value has been told: where both round to the same, how they differ."""
    return little if usual == value else usual


def _counted(words: Counted, value: float, usual: float) -> str:
    amount, usually = number(value), number(usual) if usual else _NONE
    things = f"{amount} {words.one if value == 1 else words.many}" if value else words.none or f"no {words.many}"
    return f"{_fill(words.says, things)}, usually {_usual(amount, usually, _little(value, usual))}"


def _portion(words: Portion, value: float, usual: float) -> str:
    part, usually = percentage(value), percentage(usual)
    said = _fill(words.says, part) if value else words.none
    return f"{said}, usually {_usual(part, usually, _little(value, usual))}"


def _graded(words: Graded, value: float, usual: float) -> str:
    steps = [step for step, _ in words.steps]
    name, usually = (words.steps[max(0, bisect_right(steps, one) - 1)][1] for one in (value, usual))
    return (
        f"{_fill(words.says, name)}, usually {_usual(name, usually, _little(value, usual, words.lower, words.higher))}"
    )


def _lasting(words: Lasting, value: float, usual: float) -> str:
    per_hour = 60 if words.unit == "minutes" else 1
    lasted, usually = length(value / per_hour), length(usual / per_hour)
    said = words.none if words.none and not value else _fill(words.says, " ".join(lasted))
    if words.none and not usual:
        return f"{said}, usually {_NONE}"
    return f"{said}, usually {_usual_length(lasted, usually, longer=usual > value)}"


def _ago(words: Ago, value: float, usual: float) -> str:
    since, usually = length(value), length(usual)
    if value >= words.within_h:
        return f"no {words.thing} in {' '.join(since)}, usually one {_back(usually)}"
    if usual >= words.within_h:
        return f"last {words.thing} {_back(since)}, usually none in {' '.join(usually)}"
    if value >= usual:
        return f"no {words.thing} for {' '.join(since)}, usually {_usual_length(since, usually, longer=False)}"
    before = _usual_length(since, usually, longer=True)
    return f"last {words.thing} {_back(since)}, usually {_back(usually) if before == ' '.join(usually) else before}"


def _back(since: tuple[str, str]) -> str:
    return "just now" if since == _HARDLY else f"{' '.join(since)} ago"


def _usual_length(value: tuple[str, str], usual: tuple[str, str], *, longer: bool) -> str:
    """The unit is not said again: "9 days, usually 2"."""
    if value == usual:
        return "a little longer" if longer else "a little less"
    return usual[0] if usual[1].removesuffix("s") == value[1].removesuffix("s") else " ".join(usual)
