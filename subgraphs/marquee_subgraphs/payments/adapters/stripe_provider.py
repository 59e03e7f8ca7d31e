"""`StripeProvider`: the provider by Stripe's official client, with manual capture and signed webhooks.

The only module that knows Stripe's objects. It retries nothing: settlement decides when to ask again.
Imported only where a provider is made, because the client costs 0.2 s and 8 MiB.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import aiohttp
import stripe
from stripe.params import PaymentIntentCreateParams

from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.payments.adapters.provider import (
    AuthorizationRequest,
    BookedIntent,
    Notice,
    ProviderRefused,
    ProviderUnanswered,
    ReceiptStatus,
    RefundReceipt,
    WebhookRejected,
)
from marquee_subgraphs.payments.domain.intent import Intent, IntentStatus

_RETRIABLE: Final = (
    stripe.APIConnectionError,
    stripe.RateLimitError,
    stripe.AuthenticationError,
    stripe.PermissionError,
)
"""Nothing was decided about the money: the network, the rate limit or our own key is at fault."""
_IN_PROGRESS_STATUS: Final = 409
_RECEIPTS: Final = {
    "succeeded": ReceiptStatus.SUCCEEDED,
    "failed": ReceiptStatus.FAILED,
    "canceled": ReceiptStatus.FAILED,
}


class StripeProvider:
    """Speaks to Stripe, or to a server with Stripe's API at `base_url`, through `http_client`."""

    __slots__ = ("_client", "_http_client", "_webhook_secret")

    def __init__(
        self,
        api_key: str,
        webhook_secret: str,
        http_client: stripe.HTTPClient,
        *,
        base_url: str = stripe.DEFAULT_API_BASE,
    ) -> None:
        stripe.enable_telemetry = False  # no measurements of this installation leave it
        self._http_client = http_client
        self._webhook_secret = webhook_secret
        self._client = stripe.StripeClient(
            api_key, base_addresses={"api": base_url}, http_client=http_client, max_network_retries=0
        )

    async def authorize(self, request: AuthorizationRequest) -> Intent:
        """Create and confirm an intent in one call, keyed by the payment."""
        try:
            with _faults():
                return _intent(
                    await self._create(
                        request, {**_params(request), "confirm": True, "return_url": request.return_url}
                    )
                )
        except ProviderRefused as refusal:
            declined = _declined_intent(refusal)
            if declined is None:
                raise
            return declined

    async def forestall(self, request: AuthorizationRequest) -> Intent | None:
        """Create an unconfirmed intent under the key of `authorize`.

        Its parameters differ, so Stripe refuses whichever of the two requests comes second.
        """
        try:
            with _faults():
                return _intent(await self._create(request, _params(request)))
        except ProviderRefused as refusal:
            if refusal.code != "idempotency_error":
                raise
            return None

    async def _create(
        self, request: AuthorizationRequest, params: PaymentIntentCreateParams
    ) -> stripe.PaymentIntent:
        return await self._client.v1.payment_intents.create_async(
            params=params, options={"idempotency_key": f"authorize:{request.payment_id}"}
        )

    async def find(self, payment_id: str) -> Intent | None:
        """Search by metadata. A new intent may take a moment to be found."""
        with _faults():
            found = await self._client.v1.payment_intents.search_async(
                params={"query": f"metadata['payment_id']:'{payment_id}'", "limit": 1}
            )
            return _intent(found.data[0]) if found.data else None

    async def retrieve(self, provider_id: str) -> Intent:
        """Read the intent as it is."""
        with _faults():
            return _intent(await self._client.v1.payment_intents.retrieve_async(provider_id))

    async def capture(self, payment_id: str, provider_id: str) -> Intent:
        """Capture the whole amount."""
        with _faults():
            return _intent(
                await self._client.v1.payment_intents.capture_async(
                    provider_id, options={"idempotency_key": f"capture:{payment_id}"}
                )
            )

    async def cancel(self, payment_id: str, provider_id: str) -> Intent:
        """Cancel the intent, or return it as it is when it cannot be cancelled any more."""
        try:
            with _faults():
                return _intent(
                    await self._client.v1.payment_intents.cancel_async(
                        provider_id, options={"idempotency_key": f"cancel:{payment_id}"}
                    )
                )
        except ProviderRefused as refusal:
            intent = await self.retrieve(provider_id)
            # Stripe refuses to cancel while it works on the intent; later it will not.
            if intent.holds_money:
                raise ProviderUnanswered("the intent is busy") from refusal
            return intent

    async def refund(self, refund_id: str, provider_id: str, amount: Money) -> RefundReceipt:
        """Refund a part or all of a captured intent."""
        with _faults():
            return _receipt(
                await self._client.v1.refunds.create_async(
                    params={
                        "payment_intent": provider_id,
                        "amount": amount.minor_units,
                        "metadata": {"refund_id": refund_id},
                    },
                    options={"idempotency_key": f"refund:{refund_id}"},
                )
            )

    async def retrieve_refund(self, provider_refund_id: str) -> RefundReceipt:
        """Read the refund as it is."""
        with _faults():
            return _receipt(await self._client.v1.refunds.retrieve_async(provider_refund_id))

    async def booked(self) -> list[BookedIntent]:
        """Return every intent that was made for a payment of ours, for comparison with our store."""
        with _faults():
            page = await self._client.v1.payment_intents.list_async(
                params={"limit": 100, "expand": ["data.latest_charge"]}
            )
            found = [_booked(intent.to_dict()) async for intent in page.auto_paging_iter()]
        return [intent for intent in found if intent.payment_id is not None]

    def read_webhook(self, body: bytes, signature: str | None) -> Notice:
        """Verify `Stripe-Signature` (scheme v1) and read which objects the event is about."""
        try:
            event = stripe.Webhook.construct_event(body, signature, self._webhook_secret)
            subject: dict[str, Any] = event.data.object.to_dict()
            metadata = subject.get("metadata") or {}
            of_intent = subject.get("object") == "payment_intent"
            return Notice(
                event_id=event.id,
                kind=event.type,
                provider_id=subject.get("id") if of_intent else subject.get("payment_intent"),
                payment_id=metadata.get("payment_id"),
                refund_id=metadata.get("refund_id"),
            )
        except (stripe.SignatureVerificationError, ValueError, AttributeError, KeyError, TypeError) as error:
            raise WebhookRejected(type(error).__name__) from error

    async def close(self) -> None:
        """Close the HTTP client."""
        await self._http_client.close_async()  # type: ignore[no-untyped-call]  # theirs


def _params(request: AuthorizationRequest) -> PaymentIntentCreateParams:
    return {
        "amount": request.amount.minor_units,
        "currency": request.amount.currency.lower(),
        "capture_method": "manual",
        "payment_method": request.payment_method,
        "allowed_payment_method_types": ["card"],
        "metadata": {"payment_id": request.payment_id, "order_id": request.order_id},
    }


class _CardRefused(ProviderRefused):
    """A refusal with the intent that it is about."""

    def __init__(self, code: str, message: str, intent: dict[str, Any]) -> None:
        super().__init__(code, message)
        self.intent = intent


@contextmanager
def _faults() -> Iterator[None]:
    """Turn the client's errors into `ProviderUnanswered` and `ProviderRefused`."""
    try:
        yield
    except _RETRIABLE as error:
        raise ProviderUnanswered(error.user_message or type(error).__name__) from error
    except stripe.StripeError as error:
        # 409: a request with the same key is still being worked on, so its outcome is not known yet.
        if error.http_status is None or error.http_status >= 500 or error.http_status == _IN_PROGRESS_STATUS:
            raise ProviderUnanswered(f"status {error.http_status}") from error
        details = _error_object(error)
        if not details:  # not written by the provider: the page of a proxy, or half an answer
            raise ProviderUnanswered(f"status {error.http_status} without an error object") from error
        code = str(details.get("decline_code") or details.get("code") or details.get("type") or "refused")
        message = error.user_message or "The bank refused."
        intent = details.get("payment_intent")
        if isinstance(intent, dict):
            raise _CardRefused(code, message, intent) from error
        raise ProviderRefused(code, message) from error
    except (KeyError, ValueError, TypeError, AttributeError) as error:  # not an object of Stripe's
        raise ProviderUnanswered(f"unreadable answer: {type(error).__name__}") from error
    except (OSError, asyncio.IncompleteReadError, aiohttp.ClientError) as error:
        raise ProviderUnanswered(type(error).__name__) from error


def _error_object(error: stripe.StripeError) -> dict[str, Any]:
    body = error.json_body
    details = body.get("error") if isinstance(body, dict) else None
    return details if isinstance(details, dict) else {}


def _declined_intent(refusal: ProviderRefused) -> Intent | None:
    if not isinstance(refusal, _CardRefused):
        return None
    with _faults():
        return replace(_intent(refusal.intent), failure_code=refusal.code, failure_message=refusal.message)


def _intent(intent: stripe.PaymentIntent | Mapping[str, Any]) -> Intent:
    fields = intent.to_dict() if isinstance(intent, stripe.PaymentIntent) else intent
    action = (fields.get("next_action") or {}).get("redirect_to_url") or {}
    failure = fields.get("last_payment_error") or {}
    currency = Currency(fields["currency"].upper())
    return Intent(
        provider_id=fields["id"],
        payment_id=(fields.get("metadata") or {}).get("payment_id"),
        status=IntentStatus(fields["status"]),
        amount=Money(fields["amount"], currency),
        received=Money(fields.get("amount_received") or 0, currency),
        action_url=action.get("url"),
        failure_code=failure.get("decline_code") or failure.get("code"),
        failure_message=failure.get("message"),
    )


def _booked(fields: Mapping[str, Any]) -> BookedIntent:
    charge = fields.get("latest_charge")
    return BookedIntent(
        payment_id=(fields.get("metadata") or {}).get("payment_id"),
        provider_id=fields["id"],
        status=fields["status"],
        received=fields.get("amount_received") or 0,
        refunded=charge.get("amount_refunded") or 0 if isinstance(charge, Mapping) else 0,
        captures=1 if fields.get("amount_received") else 0,
    )


def _receipt(refund: stripe.Refund) -> RefundReceipt:
    return RefundReceipt(
        provider_refund_id=refund.id,
        status=_RECEIPTS.get(refund.status or "", ReceiptStatus.PENDING),
        failure=getattr(refund, "failure_reason", None),
    )
