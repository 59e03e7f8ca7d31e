"""SMS by a provider with Twilio's Messages API. Knows nothing of queues: one message, one attempt.

The API takes no idempotency key, so before a repetition it asks whether the message went out already.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

import aiohttp

from marquee_subgraphs.kit.validation import is_phone_number
from marquee_subgraphs.notifications.adapters.carrier import DeliveryRefused
from marquee_subgraphs.notifications.domain.records import MessageRecord

_LONGEST: Final = 1_600
"""The most characters that the API takes in one message."""
_TRY_AGAIN: Final = frozenset({401, 403, 408, 429})
"""Statuses that say nothing about the message: our key or our rate is at fault."""
_NOT_SENT: Final = frozenset({"failed", "undelivered", "canceled"})


class SmsFailed(Exception):
    """The provider did not take the message this time; the text is its answer."""


class TwilioSms:
    """Sends by the API at `url`, for the account and token in `key`. The caller closes the session."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        url: str,
        key: str,
        sender: str,
        timeout_seconds: float = 15.0,
    ) -> None:
        account = key.partition(":")[0]
        self._session = session
        self._messages = f"{url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        self._headers = {"Authorization": f"Basic {b64encode(key.encode()).decode()}"}
        self._sender = sender
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    async def carry(self, message: MessageRecord) -> None:
        """Send one SMS. Raises `DeliveryRefused` when it will never be accepted; `SmsFailed`, `OSError` or
        `aiohttp.ClientError` when another attempt may succeed.
        """
        if not is_phone_number(message.recipient):
            raise DeliveryRefused("the number is not in E.164, as +51987654321")
        text = message.text[:_LONGEST]
        if message.attempts and await self._went_out(message, text):
            return
        form = {"To": message.recipient, "From": self._sender, "Body": text}
        status, answer = await self._ask("POST", data=form)
        if status in (200, 201) and isinstance(answer.get("sid"), str):
            return
        said = f"{status} {answer.get('code', '')} {answer.get('message', '')}".strip()
        if 400 <= status < 500 and status not in _TRY_AGAIN and "code" in answer:
            raise DeliveryRefused(said)
        raise SmsFailed(said)

    async def _went_out(self, message: MessageRecord, text: str) -> bool:
        """True if an earlier attempt arrived, and only its answer was lost."""
        asked = {
            "To": message.recipient,
            "DateSent>": message.created_at.strftime("%Y-%m-%d"),
            "PageSize": "100",
        }
        status, answer = await self._ask("GET", params=asked)
        if status != 200 or not isinstance(answer.get("messages"), list):
            raise SmsFailed(f"{status} when asked what went out")
        return any(
            isinstance(each, dict) and each.get("body") == text and each.get("status") not in _NOT_SENT
            for each in answer["messages"]
        )

    async def _ask(self, method: str, **given: Any) -> tuple[int, dict[str, Any]]:
        async with self._session.request(
            method,
            self._messages,
            headers=self._headers,
            timeout=self._timeout,
            allow_redirects=False,
            **given,
        ) as response:
            try:
                answer = await response.json(content_type=None)
            except ValueError:
                answer = None
            return response.status, answer if isinstance(answer, dict) else {}
