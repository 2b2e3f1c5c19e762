"""What `churn bench states` says of the states that the simulator's users leave."""

from benchmarks.speed import states
from stream_app.core.features.codec import MAX_STATE_BYTES
from stream_app.core.features.plan import compile_workload
from stream_app.workloads.music import WORKLOAD


def test_states_of_a_simulated_month_are_sized_user_by_user_and_fit() -> None:
    found = states.measure(compile_workload(WORKLOAD), 30)
    sizes = found["state_bytes"]
    assert isinstance(sizes, dict)
    assert found["users"] == 30
    assert 0 < sizes["p50"] <= sizes["p95"] <= sizes["max"] <= MAX_STATE_BYTES
    assert sizes["mean"] <= sizes["max"]
    assert states.measure(compile_workload(WORKLOAD), 30) == found
