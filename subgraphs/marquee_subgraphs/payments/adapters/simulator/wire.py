"""Stripe's wire format: nested form fields in, JSON errors out, signatures of webhooks.

Pure; knows neither the store nor the cards.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

Form = dict[str, Any]
_KEY: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART: Final = re.compile(r"\[([^\[\]]*)\]")
_MOST_FIELDS: Final = 200


class ApiError(Exception):
    """An error in Stripe's form."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        intent: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        fields = {
            "type": kind,
            "message": message,
            "code": code,
            "param": param,
            "payment_intent": intent,
        }
        self.body = {"error": {name: value for name, value in fields.items() if value is not None}}


def invalid(
    message: str, *, code: str | None = None, param: str | None = None, status: int = 400
) -> ApiError:
    """Return the error of a request that cannot be fulfilled."""
    return ApiError(status, "invalid_request_error", message, code=code, param=param)


def read_form(body: bytes) -> Form:
    """Return nested mappings: `a=1&metadata[k]=v` as `{"a": "1", "metadata": {"k": "v"}}`.

    Lists become mappings by position: `list[0]=x` as `{"list": {"0": "x"}}`. Raises `ApiError`.
    """
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise invalid("The form cannot be read.") from error
    form: Form = {}
    for key, value in pairs:
        match = _KEY.fullmatch(key)
        if match is None:
            raise invalid(f"Invalid parameter name: {key[:40]}")
        path = [match[1], *_PART.findall(match[2])]
        place = form
        for part in path[:-1]:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                raise invalid(f"Invalid parameter: {key[:40]}", param=path[0])
            place = inner
        place[path[-1]] = value
    return form


def text(form: Form, name: str) -> str:
    """Return a required text field."""
    value = form.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return value


def whole_number(form: Form, name: str) -> int:
    """Return a required amount in minor units, at least 1."""
    value = text(form, name)
    if not value.isascii() or not value.isdigit() or not 0 < len(value) <= 12 or int(value) < 1:
        raise invalid(f"Invalid positive integer: {name}", code="parameter_invalid_integer", param=name)
    return int(value)


def texts(form: Form, name: str) -> dict[str, str]:
    """Return a mapping of texts, such as metadata."""
    value = form.get(name) or {}
    if not isinstance(value, dict) or any(not isinstance(member, str) for member in value.values()):
        raise invalid(f"Invalid hash: {name}", param=name)
    return value


def sign(body: bytes, secret: str, timestamp: int) -> str:
    """Return the `Stripe-Signature` header of a webhook, scheme v1."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
