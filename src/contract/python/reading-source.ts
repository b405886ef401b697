/** The second half of `client.py`: how replies are read, and secrets opened and sealed. Within the class at first. */
export const pythonReading = String.raw`    def _on_reply(self, _channel, _method, properties, body):
        # Late replies of calls that were given up are dropped; of two replies the first counts.
        if properties.correlation_id == self._waits_for:
            self._replies.setdefault(self._waits_for, body)

    def _read(self, action, body, id):
        try:
            reply = json.loads(body)
            succeeded = reply["success"]
        except (ValueError, KeyError, TypeError) as error:
            raise RpcError("invalid_reply", "expected JSON with success", "executed", id) from error
        if succeeded is True:
            return self._parsed(action.response, reply.get("data"), action, id)
        message = reply.get("message") or "the worker reported a failure"
        failure = reply.get("error")
        if not isinstance(failure, dict):
            # An existing consumer says in words alone whether it ran the handler.
            if "validation failed" in message.lower():
                raise RpcError("invalid_request", message, "not_executed", id, details=reply.get("data"))
            raise RpcError("failed", message, "unknown", id, details=reply.get("data"))
        name, data = failure.get("name"), failure.get("data")
        if failure.get("code") == "failed" and name is not None:
            if name not in action.errors:
                message = f"expected one of the errors that {action.name} declares, got {name!r}"
                raise RpcError("invalid_reply", message, "executed", id)
            data = self._parsed(action.errors[name], data, action, id)
        code, outcome = failure.get("code", "internal"), failure.get("outcome", "unknown")
        raise RpcError(code, message, outcome, failure.get("id") or id, failure.get("details"), name, data)

    def _parsed(self, type_, data, action, id):
        try:
            return self._opened(_parse(type_, data), action)
        except ValueError as error:
            message = f"the reply does not fit what {action.name} answers: {_without_values(error)}"
            # Its context would show the values.
            raise RpcError("invalid_reply", message, "executed", id) from None

    def _sealed(self, value):
        if isinstance(value, SecretStr):
            if self._ring is None:
                raise ValueError("expected fernet_keys of the client, since the request has a secret")
            return self._ring.encrypt(value.get_secret_value().encode()).decode()
        if isinstance(value, dict):
            return {name: self._sealed(inner) for name, inner in value.items()}
        return [self._sealed(inner) for inner in value] if isinstance(value, (list, tuple)) else value

    def _opened(self, value, action):
        if isinstance(value, SecretStr):
            self._need_keys(action)
            from cryptography.fernet import InvalidToken

            try:
                return SecretStr(self._ring.decrypt(value.get_secret_value().encode()).decode())
            except InvalidToken:
                raise ValueError("a secret that no key of fernet_keys opens") from None
        if isinstance(value, BaseModel):
            for name, inner in list(value.__dict__.items()):
                value.__dict__[name] = self._opened(inner, action)
        elif isinstance(value, dict):
            return {name: self._opened(inner, action) for name, inner in value.items()}
        elif isinstance(value, (list, tuple)):
            return type(value)(self._opened(inner, action) for inner in value)
        return value

    def _need_keys(self, action):
        if self._ring is None:
            raise ValueError(f"expected fernet_keys of the client, since {action.name} has secrets")


def _ring_of(keys):
    if not keys:
        return None
    from cryptography.fernet import Fernet, MultiFernet

    return MultiFernet([Fernet(key) for key in keys])


def _dumped(request):
    """What was given, under the names of the wire; what was left out stays left out."""
    if isinstance(request, BaseModel):
        if PYDANTIC_2:
            return request.model_dump(by_alias=True, exclude_unset=True)
        return request.dict(by_alias=True, exclude_unset=True)
    return request


def _modelled(type_, data):
    try:
        return _parse(type_, data)
    except ValueError as error:
        # Its context would show the values.
        raise ValueError(f"expected a request that fits its model: {_without_values(error)}") from None


def _parse(type_, data):
    if type_ is None:
        if data is not None:
            raise ValueError("expected null")
        return None
    if PYDANTIC_2:
        from pydantic import TypeAdapter

        return TypeAdapter(type_).validate_python(data)
    from pydantic import parse_obj_as

    return parse_obj_as(type_, data)


def _without_values(error):
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in errors())
`;
