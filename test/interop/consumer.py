"""A consumer as existing ones are written: it answers on the exchange that a request came through.

Settings: {"url", "queue", "exchanges", "prefetch", "ca"?, "fernet_key"?}. It writes `request <json>` for each request it
takes, with the tokens at its top level decrypted.
"""

import functools
import json
import sys
import threading

import pika
from pika_connection import connect

FOODS = ["onion", "orange", "banana"]


class Invalid(Exception):
    pass


def decrypter(key):
    if key is None:
        return lambda value: value
    from cryptography.fernet import Fernet

    fernet = Fernet(key)

    def decrypt(value):
        is_token = isinstance(value, str) and value.startswith("gAAAA")
        return fernet.decrypt(value.encode()).decode() if is_token else value

    return decrypt


class Consumer:
    def __init__(self, url, queue, exchanges, prefetch, ca=None, fernet_key=None):
        self.decrypt = decrypter(fernet_key)
        self.locks = {exchange: threading.Lock() for exchange in exchanges}
        self.connection = connect(url, ca)
        self.channel = self.connection.channel()
        self.channel.queue_declare(queue=queue, durable=True)
        for exchange in exchanges:
            self.channel.exchange_declare(exchange=exchange, exchange_type="direct")
            self.channel.queue_bind(exchange=exchange, queue=queue)
        self.channel.basic_qos(prefetch_count=prefetch)
        self.channel.basic_consume(queue=queue, on_message_callback=self.on_request)

    def on_request(self, channel, method, properties, body):
        # What is no JSON ends the program here.
        request = {name: self.decrypt(value) for name, value in json.loads(body).items()}
        print("request", json.dumps(request), flush=True)
        threading.Thread(target=self.process, args=(method, properties, request), daemon=True).start()

    def process(self, method, properties, request):
        with self.locks[method.exchange]:
            try:
                self.publish(method, properties, True, "Determined toleration", self.handle(method, properties, request))
            except Exception:
                # After a failed validation this is a second reply.
                self.publish(method, properties, False, "An unexpected error occurred", None)
        self.later(self.channel.basic_ack, delivery_tag=method.delivery_tag)

    def handle(self, method, properties, request):
        food = request.get("favourite_food")
        if food not in FOODS:
            error = {"location": ["favourite_food"], "message": f"Input should be one of {FOODS}", "type": "enum"}
            self.publish(method, properties, False, "Request validation failed", {"errors": [error]})
            raise Invalid()
        return {"tolerable": food != "onion"}

    def publish(self, method, properties, success, message, data):
        self.later(
            self.channel.basic_publish,
            exchange=method.exchange,
            routing_key=properties.reply_to,
            properties=pika.BasicProperties(
                correlation_id=properties.correlation_id, content_type="application/json"
            ),
            body=json.dumps({"success": success, "message": message, "data": data}),
        )

    def later(self, function, **arguments):
        self.connection.add_callback_threadsafe(functools.partial(function, **arguments))


consumer = Consumer(**json.loads(sys.argv[1]))
print("ready", flush=True)
consumer.channel.start_consuming()
