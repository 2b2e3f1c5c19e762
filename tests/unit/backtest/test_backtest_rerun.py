"""One log under several models and policies at once: each row is what it would have been alone."""

from collections.abc import Collection

import msgspec
import numpy as np
import pytest

from backtest.figures import figures
from backtest.period import Period
from backtest.rerun import Backtest, VariantOutcome
from backtest.shared_models import SharedModels
from backtest.variants import OWN, ModelChoice, PolicyChoice, Variant, variants_of
from schemas.alerts import Alert
from schemas.events import ControlData, ModelRef, Policy
from stream_app.core.engine import Engine
from stream_app.core.features.plan import compile_workload
from stream_app.core.log import PlainRecord
from stream_app.core.replay import Replay
from stream_app.core.scoring import Scorer, Scores, Vectors
from tests.support import every_kind
from tests.support.event_logs import Event, LogWriter, at, control, records_of
from tests.support.fake_scorers import LinearScorer, dial, engine, linear

COMPILED = compile_workload(every_kind.WORKLOAD)
DIAL = dial(COMPILED)
HALF = linear(COMPILED, {"dial": 0.5}, name="half")
ENGINE = engine(COMPILED, DIAL, HALF)
POLICY = every_kind.WORKLOAD.policy
CALM = msgspec.structs.replace(POLICY, name="calm", cooldown_s=0)
EAGER = Policy(name="eager", version=2, enter=0.2, leave=0.1, critical=0.9, cooldown_s=0)
LIVE = Variant()


def tones() -> list[Event]:
    """Two users' moods, an hour apart each; ben leaves."""
    log = LogWriter()
    for hour, tone in enumerate((0.1, 0.6, 0.9, 0.25, 0.05, 0.7, 0.2, 0.95)):
        log.says(at(hours=hour), tone)
        log.says(at(hours=hour, minutes=1), 1 - tone, user="ben")
    log.does("leave", at(hours=9), user="ben")
    return log.events


def run(
    log: list[PlainRecord],
    *variants: Variant,
    period: Period | None = None,
    published: Collection[Alert] = (),
    start: ControlData | None = None,
) -> Backtest:
    backtest = Backtest(ENGINE, variants, period or Period(), published, start)
    backtest.fold(0, 1, [log[:7], log[7:]])
    return backtest


def replayed(log: list[PlainRecord]) -> list[Alert]:
    return [alert for step in Replay(ENGINE).apply(log) for alert in step.advance.alerts]


def sources(outcome: VariantOutcome) -> list[tuple[int, str, str]]:
    return [(alert.data.src.offset, alert.data.status, alert.data.policy.name) for alert in outcome.alerts]


SWITCH = records_of([control(DIAL.control(CALM)), *tones()[:8], control(HALF.control(EAGER)), *tones()[8:]])


def test_the_live_row_obeys_every_control_record_of_the_log() -> None:
    [outcome] = run(SWITCH, LIVE).outcomes
    assert outcome.alerts == replayed(SWITCH)
    assert {alert.data.model.name for alert in outcome.alerts} == {"dial", "half"}


def test_a_model_is_put_in_the_place_of_every_control_records_model_and_leaves_the_policies() -> None:
    [outcome] = run(SWITCH, Variant(ModelChoice("half/1", HALF.manifest.reference()))).outcomes
    as_if = [control(HALF.control(CALM)), *tones()[:8], control(HALF.control(EAGER)), *tones()[8:]]
    assert outcome.alerts == replayed(records_of(as_if))


def test_a_policy_is_put_in_the_place_of_every_control_records_policy_and_leaves_the_models() -> None:
    [outcome] = run(SWITCH, Variant(policy=PolicyChoice("eager.json", EAGER))).outcomes
    as_if = [control(DIAL.control(EAGER)), *tones()[:8], control(HALF.control(EAGER)), *tones()[8:]]
    assert outcome.alerts == replayed(records_of(as_if))


def test_a_models_own_policy_is_that_of_its_manifest() -> None:
    [outcome] = run(SWITCH, Variant(policy=PolicyChoice(OWN))).outcomes
    as_if = [control(DIAL.control(POLICY)), *tones()[:8], control(HALF.control(POLICY)), *tones()[8:]]
    assert outcome.alerts == replayed(records_of(as_if))


def test_rows_that_go_together_are_what_each_is_alone() -> None:
    models = [ModelChoice(), ModelChoice("half", HALF.manifest.reference())]
    policies = [PolicyChoice(), PolicyChoice("eager", EAGER), PolicyChoice(OWN)]
    variants = variants_of(models, policies)
    together = run(SWITCH, *variants)
    assert [outcome.variant for outcome in together.outcomes] == variants
    for variant, outcome in zip(variants, together.outcomes, strict=True):
        assert run(SWITCH, variant).outcomes == [outcome]
    assert len({tuple(sources(outcome)) for outcome in together.outcomes}) > 3


def test_before_the_first_control_record_nothing_is_scored_unless_something_is_in_force_from_the_start() -> None:
    late = records_of([*tones()[:4], control(DIAL.control(CALM)), *tones()[4:]])
    assert run(late, LIVE).outcomes[0].scored == len(tones()) - 4
    assert run(late, LIVE, start=DIAL.control(CALM)).outcomes[0].scored == len(tones())


def test_a_period_counts_events_alerts_and_churn_acts_within_it_and_folds_what_came_before() -> None:
    whole, rest = run(SWITCH, LIVE), run(SWITCH, LIVE, period=Period(at(hours=2)))
    split = next(record.offset for record in SWITCH if record.timestamp == at(hours=2))
    assert sources(rest.outcomes[0]) == [one for one in sources(whole.outcomes[0]) if one[0] >= split]
    assert 0 < len(rest.outcomes[0].alerts) < len(whole.outcomes[0].alerts)
    assert (rest.events, rest.outcomes[0].scored) == (len(tones()) - 4, len(tones()) - 4)
    assert list(rest.audience.left) == ["ben"]
    assert list(run(SWITCH, LIVE, period=Period(None, at(hours=9))).audience.left) == []


def test_live_alerts_outside_the_period_are_not_asked_for_and_within_it_each_difference_counts() -> None:
    published = replayed(SWITCH)
    period = Period(at(hours=2))
    same = run(SWITCH, LIVE, period=period, published=published)
    assert same.difference(same.outcomes[0]).exact
    lost = run(SWITCH, LIVE, period=period, published=published[:-1])
    assert lost.difference(lost.outcomes[0]).alerts_missing == 1
    twice = run(SWITCH, LIVE, period=period, published=[*published, published[0], published[-1]])
    assert twice.difference(twice.outcomes[0]).alerts_extra == 1


def test_records_that_can_never_be_applied_are_counted_once_whatever_the_number_of_rows() -> None:
    log = [*SWITCH, PlainRecord(len(SWITCH), at(hours=9), None, b"{")]
    backtest = run(log, LIVE, Variant(policy=PolicyChoice("eager", EAGER)))
    assert backtest.dead == 1
    assert backtest.first_dead["undecodable"].record.offset == len(SWITCH)


def test_the_figures_say_what_a_row_was_worth() -> None:
    backtest = run(SWITCH, LIVE)
    found = figures(backtest, backtest.outcomes[0])
    statuses = [alert.data.status for alert in replayed(SWITCH)]
    assert (found.model, found.policy, found.events, found.users) == ("live", "live", len(tones()), 2)
    assert (found.alerts_firing, found.alerts_resolved) == (statuses.count("firing"), statuses.count("resolved"))
    assert (found.users_alerted, found.alerted_share) == (2, 1.0)
    assert (found.churners, found.churners_alerted_before) == (1, 1)
    assert (found.precision, found.base_rate, found.lift) == (0.5, 0.5, 1.0)


def test_an_empty_log_has_figures_too() -> None:
    backtest = Backtest(ENGINE, [LIVE], Period())
    backtest.fold(0, 1, [])
    found = figures(backtest, backtest.outcomes[0])
    assert (found.events, found.users, found.alerted_share, found.lift) == (0, 0, 0.0, None)


class Counting:
    """A model that counts how often it is asked, and for how many rows."""

    def __init__(self, scorer: LinearScorer) -> None:
        self.asked: list[int] = []
        self.manifest = scorer.manifest
        self._scorer = scorer

    def score(self, vectors: Vectors) -> Scores:
        self.asked.append(len(vectors))
        return self._scorer.score(vectors)


def test_rows_with_one_model_load_it_once_and_score_each_batch_once() -> None:
    found: list[Counting] = []

    def load(reference: ModelRef) -> Scorer:
        found.append(Counting(DIAL))
        return found[-1]

    never = Policy(name="never", version=1, enter=1.0, leave=1.0, critical=1.0, cooldown_s=0)
    shared = Engine(COMPILED, SharedModels(load).load, "customer-events")
    policies = [PolicyChoice(str(n), msgspec.structs.replace(never, version=n)) for n in (1, 2, 3)]
    backtest = Backtest(shared, variants_of([ModelChoice()], policies), Period())
    start: ControlData = DIAL.control(CALM)
    log = records_of([control(start), *tones()])
    backtest.fold(0, 1, [log[:7], log[7:]])
    assert [outcome.scored for outcome in backtest.outcomes] == [len(tones())] * 3
    assert [counting.asked for counting in found] == [[6, len(tones()) - 6]]


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_shared_model_gives_the_scores_of_the_model_itself(rows: int) -> None:
    vectors = np.arange(rows, dtype=np.float32).reshape(rows, 1)
    shared = SharedModels(lambda reference: DIAL).load(DIAL.manifest.reference())
    assert shared.score(vectors).tolist() == shared.score(vectors.copy()).tolist() == DIAL.score(vectors).tolist()
    assert shared.manifest is DIAL.manifest
