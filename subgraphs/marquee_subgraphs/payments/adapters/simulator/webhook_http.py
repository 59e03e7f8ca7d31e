"""Posts the bank's webhooks by HTTP to a merchant in another process. Follows no redirect."""

from __future__ import annotations

from typing import Final

import aiohttp

from marquee_subgraphs.payments.adapters.simulator.webhooks import Deliver

_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


def post_to(url: str, session: aiohttp.ClientSession) -> Deliver:
    """Return a `Deliver` that posts to `url`; the caller closes the session."""

    async def deliver(body: bytes, signature: str) -> int:
        headers = {"content-type": "application/json", "stripe-signature": signature}
        try:
            async with session.post(
                url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                return response.status
        except aiohttp.ClientError as error:
            raise ConnectionError(type(error).__name__) from error

    return deliver
