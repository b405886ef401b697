"""Calls the actions of the generated package; its first argument is the URL of the broker, its second the key.

Writes a line of JSON for each call.
"""

import json
import sys

from callers import Client, RpcError, actions, models
from pydantic import ValidationError

url, key = sys.argv[1:]


def told(name, work):
    try:
        answer = work()
    except RpcError as error:
        data = None if error.data is None else type(error.data).__name__
        parts = [error.code, error.outcome, error.retryable, error.name, data, error.details]
        answer = {"error": parts, "hasId": error.id is not None}
    print(json.dumps([name, answer]), flush=True)


def keep(client):
    request = models.KeepSecretRequest(
        owner="ada", password="correct horse", others=[{"pin": "1234"}], class_="first", note=None
    )
    reply = client.call(actions.keep_secret, request, timeout=10, idempotency_key="once")
    shown = f"{request!r} {reply!r}"
    hidden = not any(secret in shown for secret in ["correct horse", "1234", "a-token"])
    secrets = [reply.token.get_secret_value(), reply.pins[0].get_secret_value()]
    return {"type": type(reply).__name__, "secrets": secrets, "hidden": hidden, "class": reply.class_}


def refused_here(client):
    try:
        models.DxExampleRequest(favourite_food="stone")
    except ValidationError:
        return "refused before it was sent"


def example(client):
    reply = client.call(actions.dx_example, models.DxExampleRequest(favourite_food="onion"), to="node-1", timeout=10)
    return [type(reply).__name__, reply.tolerable]


def bare(client):
    """Secrets that are given as they are, in a dictionary and to a field of a model."""
    given = {"owner": "bob", "password": "bare 1", "others": [{"pin": "5678"}], "class": "c", "note": None}
    first = client.call(actions.keep_secret, given, timeout=10)
    request = models.KeepSecretRequest(owner="bob", password="x", others=[], class_="c", note=None)
    request.password = "bare 2"
    client.call(actions.keep_secret, request, timeout=10)
    try:
        client.call(actions.keep_secret, {**given, "others": [{"pin": [91011]}]})
    except ValueError as error:
        return [first.pins[0].get_secret_value(), str(error), "91011" in repr(error.__context__) and not error.__suppress_context__]


def without_keys(client):
    with Client(url) as poor:
        try:
            poor.call(actions.keep_secret, models.KeepSecretRequest(owner="a", password="b", others=[], class_="c", note=None))
        except ValueError as error:
            return str(error)


with Client(url, fernet_keys=[key]) as client:
    told("value", lambda: example(client))
    told("secrets", lambda: keep(client))
    told("bare", lambda: bare(client))
    told("declared", lambda: client.call(actions.keep_secret, models.KeepSecretRequest(owner="eve", password="x", others=[], class_="c", note=None)))
    told("nothing", lambda: client.call(actions.keep_secret, models.KeepSecretRequest(owner="nobody", password="x", others=[], class_="c", note=None)))
    told("invalid", lambda: client.call(actions.dx_example, {"favourite_food": "stone"}, to="node-1"))
    told("model", lambda: refused_here(client))
    told("unroutable", lambda: client.call(actions.dx_example, {"favourite_food": "onion"}, to="nowhere"))
    told("timeout", lambda: client.call(actions.pause_for_ever, {}, timeout=0.5))
    told("keys", lambda: without_keys(client))
    told("sent", lambda: client.send(actions.keep_secret, models.KeepSecretRequest(owner="one-way", password="x", others=[], class_="c", note=None)))
with Client(url, reply_route="request-exchange") as client:
    told("route", lambda: example(client))
