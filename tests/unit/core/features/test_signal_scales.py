"""A signal has one scale, given by its events' own numbers; what is not declared, or does not agree, is refused."""

from dataclasses import replace

import pytest

from stream_app.core.features.patterns import signal_scales
from stream_app.core.features.plan import compile_workload
from stream_app.core.features.sources import (
    Categories,
    Number,
    SignalSource,
    action,
    attribute,
    category,
    measure,
    number,
    sentiment,
)
from stream_app.core.features.workload import Workload
from tests.support import every_kind


def raised_by(*sources: SignalSource, scale: int = 1) -> Workload:
    """Signal `it` is raised by these; weights have this scale."""
    return replace(
        every_kind.WORKLOAD,
        signals={**every_kind.SIGNALS, "it": sources},
        measures={"amount": Number(100, "EUR"), "minutes": Number(1), "weight": Number(scale)},
        attributes={"age": Number(10), "tier": Categories(("basic", "gold"))},
    )


@pytest.mark.parametrize(
    ("sources", "scale"),
    [
        ((action("play"),), 1),
        ((attribute("plan", "paid", 3), action("play")), 1),
        ((measure("amount"),), 100),
        ((measure("amount", of="purchase"), action("refund", value=0)), 100),
        ((measure("minutes"), category("tier")), 1),
        ((number("age"),), 10),
        ((sentiment("inbound"), sentiment("outbound")), 1000),
    ],
)
def test_the_events_own_numbers_give_a_signal_its_scale(sources: tuple[SignalSource, ...], scale: int) -> None:
    assert signal_scales(raised_by(*sources))["it"] == scale


def test_waits_are_in_thousandths_and_built_in_signals_whole() -> None:
    scales = signal_scales(every_kind.WORKLOAD)
    assert (scales["wait"], scales["activity"], scales["session"]) == (1000, 1, 1)


def test_a_value_that_the_workload_gives_counts_as_so_many_units() -> None:
    compiled = compile_workload(raised_by(measure("amount"), action("refund", value=-3)))
    first = compiled.plan.pattern_from[compiled.patterns["activity", "refund"]]
    assert compiled.plan.pattern_value[first] == -300


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ((measure("price"),), "measure 'price' is not declared as Number"),
        ((measure("price", of="purchase"),), "measure 'purchase.price' is not declared as Number"),
        ((number("tier"),), "number 'tier' is not declared as Number"),
        ((category("age"),), "category 'age' is not declared as Categories"),
        ((category("country"),), "category 'country' is not declared as Categories"),
        ((measure("amount"), number("age")), r"signal 'it' have the scales \[10, 100\]"),
        ((SignalSource("activity", "play", None),), "activity events have no number of their own"),
    ],
)
def test_what_is_not_declared_or_does_not_agree_is_refused(sources: tuple[SignalSource, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        compile_workload(raised_by(*sources))


@pytest.mark.parametrize("scale", [0, 7, 10_000])
def test_a_scale_that_is_no_power_of_ten_up_to_a_thousand_is_refused(scale: int) -> None:
    with pytest.raises(ValueError, match=f"'weight' has the scale {scale}"):
        compile_workload(raised_by(scale=scale))


def test_a_name_that_no_event_can_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="'Total amount'"):
        compile_workload(replace(every_kind.WORKLOAD, measures={**every_kind.MEASURES, "Total amount": Number(1)}))


def test_a_number_is_no_act_that_could_be_the_churn() -> None:
    with pytest.raises(ValueError, match="measure 'weight' is a number, no act"):
        compile_workload(replace(raised_by(), churn=(measure("weight"),)))
