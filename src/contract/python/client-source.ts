import { pythonReading } from './reading-source.js';

/** The caller of each generated package, `client.py`: the same for all of them. */
export const pythonClient = String.raw`"""Calls the actions of a Samovar worker over RabbitMQ, with Pika.

Written by "samovar contract generate python": write it again instead of changing it.
"""

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, Optional

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker, NackError, UnroutableError
from pydantic import VERSION, BaseModel, SecretStr

PYDANTIC_2 = not VERSION.startswith("1.")
RETRYABLE = {"busy", "unroutable", "no_worker", "rejected", "unavailable"}


@dataclass(frozen=True)
class Action:
    """What a worker does when it is asked to, and what it takes and answers."""

    name: str
    request: Any
    response: Any
    errors: Dict[str, Any] = field(default_factory=dict)
    to: Optional[str] = None
    persistent: bool = False
    takes_secrets: bool = False
    answers_secrets: bool = False
    contract: Optional[str] = None


class RpcError(Exception):
    """Why a call failed, and what became of its effect.

    code: one of a closed set, such as "invalid_request", "deadline_exceeded" or "failed"
    outcome: "executed", "not_executed" or "unknown"
    retryable: the same request may be sent again
    id: what to search for in the worker's log
    details: what else is known, such as {"errors": [{"location", "message", "type"}]}
    name, data: with "failed", which of the declared errors it is, and its model
    """

    def __init__(self, code, message, outcome, id=None, details=None, name=None, data=None):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.outcome = outcome
        self.retryable = outcome == "not_executed" and code in RETRYABLE
        self.id = id
        self.details = details
        self.name = name
        self.data = data


class Client:
    """One connection, for one thread: calls wait for their replies one after another.

    url: such as "amqp://user:password@localhost/%2F", or parameters of Pika
    fernet_keys: for actions with secrets; the first encrypts, all decrypt
    reply_route: "request-exchange" for workers that answer on the exchange of the request
    """

    def __init__(self, url, fernet_keys: Iterable[str] = (), reply_route: str = "default", app_id: str = "python"):
        if reply_route not in ("default", "request-exchange"):
            raise ValueError(f'expected reply_route to be "default" or "request-exchange", got {reply_route!r}')
        self._parameters = pika.URLParameters(url) if isinstance(url, str) else url
        self._ring = _ring_of(list(fernet_keys))
        self._reply_route = reply_route
        self._app_id = app_id
        self._exchanges: set = set()
        self._replies: Dict[str, bytes] = {}
        self._waits_for: Optional[str] = None
        self._connection = pika.BlockingConnection(self._parameters)
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()
        self._inbox = self._channel.queue_declare(queue="", exclusive=True).method.queue
        self._channel.basic_consume(self._inbox, self._on_reply, auto_ack=True)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        if self._connection.is_open:
            self._connection.close()

    def call(
        self,
        action: Action,
        request: Any,
        to: Optional[str] = None,
        timeout: float = 30,
        idempotency_key: Optional[str] = None,
        headers: Optional[Dict[str, str]] = None,
    ) -> Any:
        """Returns the response, a model of the action. Raises RpcError.

        timeout: in seconds
        idempotency_key: names the effect: a repeat with the same key takes effect once
        """
        if not timeout > 0:
            raise ValueError(f"expected timeout to be a positive number of seconds, got {timeout!r}")
        ends = time.monotonic() + timeout
        # A little earlier, so that the worker's own "not executed" arrives in time.
        left_ms = max(1, int((timeout - min(timeout / 10, 0.25)) * 1000))
        id = str(uuid.uuid4())
        self._waits_for = id
        try:
            self._publish(action, request, to, id, left_ms, idempotency_key, headers, wants_reply=True)
            while id not in self._replies:
                left = ends - time.monotonic()
                if left <= 0:
                    raise RpcError("deadline_exceeded", f"no reply within {timeout} seconds", "unknown", id)
                self._connection.process_data_events(time_limit=left)
            return self._read(action, self._replies[id], id)
        except AMQPError as error:
            raise RpcError("unavailable", f"the connection was lost: {error!r}", "unknown", id) from error
        finally:
            self._waits_for = None
            self._replies.clear()

    def send(
        self,
        action: Action,
        request: Any,
        to: Optional[str] = None,
        timeout: Optional[float] = None,
        idempotency_key: Optional[str] = None,
        headers: Optional[Dict[str, str]] = None,
    ) -> None:
        """Sends a request that nobody answers; returns once the broker has it. Raises RpcError."""
        id = str(uuid.uuid4())
        left_ms = None if timeout is None else max(1, int(timeout * 1000))
        try:
            self._publish(action, request, to, id, left_ms, idempotency_key, headers, wants_reply=False)
        except AMQPError as error:
            raise RpcError("unavailable", f"the connection was lost: {error!r}", "unknown", id) from error

    def _publish(self, action, request, to, id, left_ms, key, headers, wants_reply):
        address = to or action.to
        if not address:
            raise ValueError(f"expected an address for {action.name}: pass to=...")
        if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
            raise ValueError("expected idempotency_key to be 1 to 255 printable ASCII characters")
        if action.takes_secrets and not isinstance(request, BaseModel):
            # Only a model knows what of it is secret.
            request = _modelled(action.request, request)
        body = json.dumps(self._sealed(_dumped(request))).encode()
        written = dict(headers or {})
        if any(name.lower().startswith("samovar-") for name in written):
            raise ValueError('expected headers not to start with "samovar-"')
        if key is not None:
            written["samovar-idempotency-key"] = key
        if left_ms is not None:
            written["samovar-deadline"] = str(int(time.time() * 1000) + left_ms)
        if action.contract is not None:
            written["samovar-contract"] = action.contract
        if action.answers_secrets:
            self._need_keys(action)
            written["samovar-secrets"] = "1"
        credentials = self._parameters.credentials
        properties = pika.BasicProperties(
            content_type="application/json",
            delivery_mode=2 if action.persistent or not wants_reply else 1,
            message_id=id,
            correlation_id=id,
            reply_to=self._inbox if wants_reply else None,
            expiration=None if left_ms is None else str(left_ms),
            timestamp=int(time.time()),
            type=action.name,
            app_id=self._app_id,
            user_id=credentials.username if isinstance(credentials, pika.PlainCredentials) else None,
            headers=written,
        )
        self._prepare(action.name, wants_reply, id)
        try:
            self._channel.basic_publish(action.name, address, body, properties, mandatory=True)
        except UnroutableError as error:
            message = f"nothing is bound for {action.name} at {address}"
            raise RpcError("unroutable", message, "not_executed", id) from error
        except NackError as error:
            raise RpcError("rejected", "the broker refused the request", "not_executed", id) from error

    def _prepare(self, exchange, wants_reply, id):
        """Exchanges that are not there, or are declared in another way, would close the channel."""
        if exchange in self._exchanges:
            return
        try:
            channel = self._connection.channel()
            try:
                channel.exchange_declare(exchange, exchange_type="direct")
            except ChannelClosedByBroker as error:
                if error.reply_code not in (403, 406):
                    raise
                channel = self._connection.channel()
                channel.exchange_declare(exchange, passive=True)
            channel.close()
        except ChannelClosedByBroker as error:
            raise RpcError("unroutable", f"no exchange {exchange}: {error.reply_text}", "not_executed", id) from error
        except AMQPError as error:
            raise RpcError("unavailable", f"the connection was lost: {error!r}", "not_executed", id) from error
        if wants_reply and self._reply_route == "request-exchange":
            self._channel.queue_bind(self._inbox, exchange, routing_key=self._inbox)
        if wants_reply or self._reply_route == "default":
            self._exchanges.add(exchange)

${pythonReading}`;
