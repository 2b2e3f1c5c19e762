"""What Kafka last answered to a producer that asks again by itself until its time is up: aiokafka tells nobody."""

from types import MethodType
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import NoError, for_code
from aiokafka.producer.sender import InitPIDHandler, Sender, SendProduceReqHandler

from stream_app.adapters.kafka.aiokafka_patches import seeing


def remember_answers(producer: AIOKafkaProducer) -> None:
    """Have a producer that has not started remember what it is answered."""
    sending = producer._sender
    sending.last_answer = None
    produce = seeing(Sender._send_produce_req, SendProduceReqHandler=_RememberingProduce)
    init = seeing(Sender._do_init_pid, InitPIDHandler=_RememberingInit)
    sending._send_produce_req = MethodType(produce, sending)
    sending._do_init_pid = MethodType(init, sending)


def last_answer(producer: AIOKafkaProducer) -> BaseException | None:
    """The error that it was answered last; None if there was none since it was last answered yes."""
    error: BaseException | None = producer._sender.last_answer
    return error


class _RememberingProduce(SendProduceReqHandler):  # type: ignore[misc]
    def handle_response(self, response: Any) -> None:  # noqa: ANN401 - aiokafka's own
        self._sender.last_answer = None
        super().handle_response(response)

    def _can_retry(self, error: Any, batch: Any) -> bool:  # noqa: ANN401 - aiokafka's own
        self._sender.last_answer = error
        again: bool = super()._can_retry(error, batch)
        return again


class _RememberingInit(InitPIDHandler):  # type: ignore[misc]
    def handle_response(self, resp: Any) -> float | None:  # noqa: ANN401 - aiokafka's own
        error = for_code(resp.error_code)
        self._sender.last_answer = None if error is NoError else error()
        again_after_s: float | None = super().handle_response(resp)
        return again_after_s
