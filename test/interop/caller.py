"""A caller as those written for the Python consumer: it knows exchange, callback queue, reply_to and correlation_id.

Settings: {"url", "ca"?}. Each line of standard input is a command, answered by a line `<id> <json>`:

  {"id", "do": "declare", "exchange"}
  {"id", "do": "call", "requests": [{"exchange", "body", "reply_to"?, "expiration"?}], "routing_key"}
  {"id", "do": "send", "requests": [...], "routing_key"}
"""

import json
import sys
import uuid

import pika
from pika_connection import connect

DIRECT_REPLY_TO = "amq.rabbitmq.reply-to"


class Caller:
    def __init__(self, url, ca=None):
        self.replies = {}
        self.connection = connect(url, ca)
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()
        self.callback_queue = self.channel.queue_declare(queue="", exclusive=True).method.queue
        for queue in [self.callback_queue, DIRECT_REPLY_TO]:
            self.channel.basic_consume(queue=queue, on_message_callback=self.on_reply, auto_ack=True)

    def on_reply(self, channel, method, properties, body):
        reply = {
            "exchange": method.exchange,
            "content_type": properties.content_type,
            "body": json.loads(body),
        }
        self.replies.setdefault(properties.correlation_id, []).append(reply)

    def declare(self, exchange):
        # Neither durable nor with arguments; the callback queue's name is the routing key.
        self.channel.exchange_declare(exchange=exchange, exchange_type="direct")
        self.channel.queue_bind(exchange=exchange, queue=self.callback_queue)

    def publish(self, request, routing_key, **properties):
        self.channel.basic_publish(
            exchange=request["exchange"],
            routing_key=routing_key,
            properties=pika.BasicProperties(expiration=request.get("expiration"), **properties),
            body=request["body"],
            mandatory=True,
        )

    def call(self, requests, routing_key):
        """All at once; resolves to the first reply to each, in the order of the requests."""
        identifiers = []
        for request in requests:
            identifiers.append(str(uuid.uuid4()))
            reply_to = request.get("reply_to", self.callback_queue)
            self.publish(request, routing_key, reply_to=reply_to, correlation_id=identifiers[-1])
        while not all(identifier in self.replies for identifier in identifiers):
            self.connection.process_data_events(time_limit=1)
        return [self.replies[identifier][0] for identifier in identifiers]

    def answer(self, command):
        if command["do"] == "declare":
            return self.declare(command["exchange"])
        if command["do"] == "call":
            return self.call(command["requests"], command["routing_key"])
        for request in command["requests"]:
            self.publish(request, command["routing_key"])
        return None


caller = Caller(**json.loads(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    command = json.loads(line)
    print(command["id"], json.dumps(caller.answer(command)), flush=True)
