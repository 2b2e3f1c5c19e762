"""The Faust app of a worker.

Faust has the group, the web probes and the command line; everything else happens in the partitions' sessions.
"""

import gc
import logging
from typing import Any, NoReturn

import faust
from faust.web import Request, Response, View

from stream_app.bootstrap.deployment import deployment_of
from stream_app.bootstrap.faust_broker import faust_arguments
from stream_app.bootstrap.worker import Worker, worker
from stream_app.metrics.page import CONTENT_TYPE
from stream_app.settings import Settings
from stream_app.worker.ending import EndingWorker
from stream_app.worker.log_stream import LogStream
from stream_app.worker.logs import configure_logs
from stream_app.worker.ports import refuse_taken
from stream_app.worker.topics_watch import EVERY_S
from stream_app.worker.transport import ChunkApp

_REBALANCED_WITHIN_S = 6.0
"""A worker that dies while the group forms anew holds all others up for so long, by default a minute. One that takes
longer to finish its batches is left out; what it then still commits is fenced."""

_METADATA_FOR_MS = 10_000
"""A worker that leads its group without having heard of the topic yet assigns nothing to anybody: it asks soon."""


def run_worker(settings: Settings) -> NoReturn:
    """Work until told to stop. Raises as `worker_app` does; exits with 1 when it could not end in time."""
    log = LogStream()
    app = worker_app(settings, log)
    told = {"loglevel": logging.WARNING, "quiet": True}
    EndingWorker(app, settings.stop_within_s, log.drain, **told).execute_from_commandline()
    raise SystemExit


def worker_app(settings: Settings, log: LogStream) -> ChunkApp:
    """A worker with these settings, ready to be run; this process is its own from now on.

    Raises ContractViolation or Transient when it cannot work, WrongUsage when nobody could ask how it is.
    """
    logging_config = configure_logs(settings.log_format, log)
    refuse_taken(settings.web_host, settings.web_port)
    deployment = deployment_of(settings)
    service = worker(settings, deployment)
    # A batch makes thousands of objects that reference counting alone takes away: collecting early finds nothing.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    app = ChunkApp(
        settings.app_id,
        owner=service.owner,
        id_format="{id}",
        **faust_arguments(deployment.kafka),
        logging_config=logging_config,
        agent_supervisor="mode.CrashingSupervisor",
        stream_buffer_maxsize=4096,
        stream_wait_empty=True,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_bind=settings.web_host,
        web_host=settings.web_host,
        web_port=settings.web_port,
        web_router_enabled=False,
        web_tables_enabled=False,
        **_group(settings),
    )
    _feed_partitions(app, deployment.topics.events, service)
    _add_pages(app, service)
    return app


def _group(settings: Settings) -> dict[str, Any]:
    """How a worker is a member of its group, and how much it takes at once."""
    return {
        "broker_commit_interval": 1.0,
        "broker_heartbeat_interval": min(0.5, settings.session_timeout_s / 3),
        "broker_max_poll_records": 4000,
        "broker_rebalance_timeout": max(_REBALANCED_WITHIN_S, settings.session_timeout_s),
        "broker_request_timeout": settings.session_timeout_s + 10.0,
        "broker_session_timeout": settings.session_timeout_s,
        "consumer_metadata_max_age_ms": _METADATA_FOR_MS,
        "consumer_group_instance_id": settings.instance_id,
    }


def _feed_partitions(app: ChunkApp, topic: str, service: Worker) -> None:
    events = app.topic(topic, key_type=bytes, value_type=bytes, value_serializer="raw")

    @app.agent(events, name="deliver")
    async def deliver(stream: faust.StreamT[Any]) -> None:
        """Hand every chunk to the partition that it belongs to."""
        async for event in stream.noack().events():
            service.owner.deliver(event.message.partition, event)

    @app.timer(interval=2.0, name="look_around")
    async def look_around() -> None:
        """See which partitions come on, and what Redis does with what it is given."""
        service.owner.look()
        await service.redis.look()

    @app.timer(interval=EVERY_S, name="watch_topics")
    async def watch_topics() -> None:
        """Notice when the topics are kept otherwise than agreed."""
        await service.topics.look()


def _add_pages(app: ChunkApp, service: Worker) -> None:
    @app.page("/livez")
    async def livez(web: View, _request: Request) -> Response:
        """The event loop turns."""
        return web.json({"alive": True})

    @app.page("/readyz")
    async def readyz(web: View, _request: Request) -> Response:
        """Every assigned partition has a running session that comes on; what stands still says why."""
        partitions = {
            str(partition): {"state": task.state, "position": task.position, "ready": task.ready, "why": task.why}
            for partition, task in sorted(service.owner.tasks.items())
        }
        ready = service.owner.ready
        body = {"ready": ready, "partitions": partitions, "counts": dict(service.counts.totals)}
        return web.json(body, status=200 if ready else 503)

    @app.page("/metrics")
    async def metrics(web: View, _request: Request) -> Response:
        """What stream_app/metrics/catalogue.py names, for Prometheus."""
        return web.bytes(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE})
