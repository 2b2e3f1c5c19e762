"""The commands, by room: of each its name, where it is, and its first line, so that help imports none of them."""

from typing import NamedTuple


class Listed(NamedTuple):
    """A command of this name; `place` is module:object, `line` the first line of its own help."""

    name: str
    place: str
    line: str


GROUPS = {
    "produce": "Put events on the customer-events topic.",
    "simulator": "The behaviour simulator: its page mix and its parameters.",
    "workload": "The kind of customer base: what is kept of a user, and what is read of it.",
    "models": "List models, show one, put one in force.",
    "topics": "Make the topics of this deployment, show them.",
    "dlq": "Look at dead letters, send them again.",
    "bench": "Measure this machine.",
}
"""Commands of two words begin with one of these."""

COMMANDS = {
    "Work: run the system": (
        Listed(
            "up",
            "cli.work.up:up",
            "Start the local Kafka and Redis, unless they run or you name others, and make the topics.",
        ),
        Listed(
            "down",
            "cli.work.down:down",
            "Stop the Kafka and Redis that `churn up` has started; their data stay in .churn.",
        ),
        Listed(
            "status",
            "cli.work.status:status",
            "Say what runs where; exits with 1 when a service does not run.",
        ),
        Listed(
            "demo",
            "cli.work.demo.command:demo",
            "Show the whole system at work: a month of simulated users, or a log, with proofs at the end.",
        ),
        Listed(
            "work",
            "cli.work.work:work",
            "Run a worker: score events, publish alerts. Ctrl-C, SIGTERM or SIGHUP finishes the running batches and "
            "stops.",
        ),
        Listed(
            "alerts",
            "cli.work.alerts:alerts",
            "Follow the alerts, committed ones only, until Ctrl-C: a live table on a terminal, lines elsewhere.",
        ),
    ),
    "Data: events and their contracts": (
        Listed(
            "produce log",
            "cli.data.produce.log:log",
            "Send a Sparkify activity log: its rows as canonical events; rows without a user or a page's name are "
            "skipped.",
        ),
        Listed(
            "produce events",
            "cli.data.produce.events:events",
            "Send an event file, one CloudEvent a line: your own data (docs/own-data.md).",
        ),
        Listed(
            "produce simulate",
            "cli.data.produce.simulate:simulate_users",
            "Send, or write to a file, the events of simulated users of a music service with support chats.",
        ),
        Listed(
            "simulator mix",
            "cli.data.simulator.mix:mix",
            "Print the simulated page mix beside that of the real users it was fitted on, and the generator's speed.",
        ),
        Listed(
            "simulator fit",
            "cli.data.simulator.fit:fit",
            "Fit the page mix and the spread between users on the public table, without the users of the judging log.",
        ),
        Listed(
            "schemas",
            "cli.data.schemas:schemas",
            "Check that the JSON Schemas in schemas/json say what the types say; with --write, make them.",
        ),
    ),
    "Models: what scores and decides": (
        Listed(
            "train",
            "cli.models.train:train",
            "Train a model, check its export bit by bit, choose its alert thresholds, judge it on users it never saw.",
        ),
        Listed(
            "workload show",
            "cli.models.show_workload:show_workload",
            "Show a workload's signals and what raises them, its features, the tiles that are kept, and the bytes of a "
            "state.",
        ),
        Listed(
            "models list",
            "cli.models.list_models:list_models",
            "List the models of this deployment's workload.",
        ),
        Listed(
            "models show",
            "cli.models.show_model:show_model",
            "Show what a model reads, was made from and is worth, its policy and digests, and whether it fits this "
            "code.",
        ),
        Listed(
            "models promote",
            "cli.models.promote:promote",
            "Put a model in force: a control record goes to every partition and takes effect at its offset.",
        ),
    ),
    "Operate: look at a deployment, mend it": (
        Listed(
            "topics create",
            "cli.operate.create_topics:create",
            "Make the topics that are missing, each partition beginning with what is in force; what exists stays as "
            "it is.",
        ),
        Listed(
            "topics show",
            "cli.operate.show_topics:show_topics",
            "Show how the topics are kept, where they begin and end, how far the workers are, and what is in force.",
        ),
        Listed(
            "verify",
            "cli.operate.verify:verify",
            "Replay the log up to the positions in Redis; compare every state bit for bit, every alert and dead "
            "letter.",
        ),
        Listed(
            "parity",
            "cli.operate.parity:parity",
            "Replay the events topic from nothing; compare every score and alert with the live ones. 1 if anything "
            "differs.",
        ),
        Listed(
            "export-state",
            "cli.operate.export_state:export_state",
            "Write all states with their positions to files, each partition as of one position, while workers run.",
        ),
        Listed(
            "import-state",
            "cli.operate.import_state:import_state",
            "Put exported states into a Redis that has none of this app id. Stop all workers first, start them "
            "afterwards.",
        ),
        Listed(
            "rights",
            "cli.operate.rights:rights",
            "Show the least rights in Kafka and Redis that each role of this deployment needs, or how to grant them.",
        ),
        Listed(
            "dlq list",
            "cli.operate.dlq.list_letters:list_letters",
            "List the dead letters, and where those have gone that were sent again.",
        ),
        Listed(
            "dlq show",
            "cli.operate.dlq.show_letter:show_letter",
            "Show one dead letter whole, or write out its value to be repaired.",
        ),
        Listed(
            "dlq redrive",
            "cli.operate.dlq.redrive:redrive_letters",
            "Send dead letters again as new records, each once, unchanged or repaired. 1 if one of them was refused.",
        ),
    ),
    "Measure: backtests, speed, proofs": (
        Listed(
            "backtest",
            "cli.measure.backtest:backtest",
            "Fold the log once more, from its beginning, under each model with each policy, and say what came of it.",
        ),
        Listed(
            "bench throughput",
            "cli.measure.bench.throughput:throughput",
            "Events scored per second of the worker's processor time, Zipf and uniform, beside stock Faust that "
            "counts.",
        ),
        Listed(
            "bench peers",
            "cli.measure.bench.peers:peers",
            "Faust, Quix, Bytewax, Pathway, Kafka Streams and Flink on the topic that the worker reads: events per "
            "CPU-second.",
        ),
        Listed(
            "bench scaling",
            "cli.measure.bench.scaling:scaling",
            "What an event costs the worker with few and with many users, all of them known and drawn uniformly.",
        ),
        Listed(
            "bench latency",
            "cli.measure.bench.latency:latency",
            "From the moment an event is due to its alert, under a load that waits for nobody; one event in 100 "
            "alerts.",
        ),
        Listed(
            "bench saturation",
            "cli.measure.bench.saturation:saturation",
            "Latency against load, rate after rate up to the first that the worker cannot follow.",
        ),
        Listed(
            "bench states",
            "cli.measure.bench.states:states",
            "How large the states of simulated users are after a month; needs no services.",
        ),
        Listed(
            "bench fencing",
            "cli.measure.bench.fencing:fencing",
            "What an event costs with the fenced protocol and without: the same work, plain SETs, no transaction.",
        ),
        Listed(
            "bench foil",
            "cli.measure.bench.foil:foil",
            "What a plain Faust agent that keeps its state in Redis loses and doubles under the faults of `churn "
            "chaos`.",
        ),
        Listed(
            "bench ledger",
            "cli.measure.bench.ledger:ledger",
            "What long runs of `churn sim` and `churn chaos` come to in sum, as far as they ran the present protocol "
            "code.",
        ),
        Listed(
            "sim",
            "cli.measure.sim:sim",
            "Simulate workers, Redis and Kafka around the shipped session; exits with 1 if any schedule ends wrong.",
        ),
        Listed(
            "chaos",
            "cli.measure.chaos:chaos",
            "Kill workers, Redis and the broker of a stack of its own under load; exits with 1 if a single event is "
            "wrong.",
        ),
    ),
}
"""What `churn --help` shows, room by room."""
