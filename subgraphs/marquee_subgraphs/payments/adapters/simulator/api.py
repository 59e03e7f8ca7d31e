"""The bank's API: what it does for each request, by the rules of its test cards. Knows no HTTP."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any, Final

from marquee_subgraphs.payments.adapters.simulator.cards import TestCard, card_of
from marquee_subgraphs.payments.adapters.simulator.store import Answer, BankStore
from marquee_subgraphs.payments.adapters.simulator.wire import (
    ApiError,
    Form,
    invalid,
    text,
    texts,
    whole_number,
)

_SEARCH: Final = re.compile(r"metadata\['payment_id'\]:'([^']{1,100})'")
_LONGEST_PAGE: Final = 100
_CANCELABLE: Final = frozenset(
    {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"}
)
_DECLINE_MESSAGES: Final = {
    "insufficient_funds": "Your card has insufficient funds.",
    "authentication_failed": "The bank could not make sure that it is you.",
}


class BankApi:
    """The operations on intents and refunds; each is part of the request's transaction."""

    __slots__ = ("_public_url", "_store")

    def __init__(self, store: BankStore, public_url: str) -> None:
        self._store = store
        self._public_url = public_url.rstrip("/")

    def create_intent(self, form: Form) -> Answer:
        """POST /v1/payment_intents"""
        amount = whole_number(form, "amount")
        currency = text(form, "currency")
        if form.get("capture_method") != "manual":
            raise invalid("This bank only reserves first: capture_method=manual.", param="capture_method")
        card = self._card(text(form, "payment_method"))
        return_url = form.get("return_url")
        intent_id = self._store.add_intent(
            amount=amount,
            currency=currency,
            payment_method=text(form, "payment_method"),
            return_url=return_url if isinstance(return_url, str) else None,
            metadata=texts(form, "metadata"),
        )
        if form.get("confirm") == "true":
            return self._confirm(intent_id, card)
        return self._ok(intent_id)

    def confirm_intent(self, intent_id: str) -> Answer:
        """POST /v1/payment_intents/{id}/confirm"""
        row = self._existing(intent_id)
        if row["status"] not in {"requires_confirmation", "requires_payment_method"}:
            raise self._unexpected(row, "confirm")
        return self._confirm(intent_id, self._card(row["payment_method"]))

    def capture_intent(self, intent_id: str) -> Answer:
        """POST /v1/payment_intents/{id}/capture"""
        row = self._existing(intent_id)
        if row["status"] != "requires_capture":
            raise self._unexpected(row, "capture")
        if not self._card(row["payment_method"]).can_capture:
            error = ApiError(
                402,
                "card_error",
                "The bank did not pay out what it had authorised.",
                code="capture_charge_authorization_expired",
                intent=self.intent_object(row),
            )
            return Answer(error.status, error.body)
        self._store.take(intent_id)
        return self._announced(intent_id, "payment_intent.succeeded")

    def cancel_intent(self, intent_id: str) -> Answer:
        """POST /v1/payment_intents/{id}/cancel"""
        row = self._existing(intent_id)
        if row["status"] not in _CANCELABLE:
            raise self._unexpected(row, "cancel")
        self._store.set_status(intent_id, "canceled")
        return self._announced(intent_id, "payment_intent.canceled")

    def decide_action(self, intent_id: str, *, allowed: bool) -> bool:
        """Apply the customer's answer to 3-D Secure; False when the bank asks nothing (any more)."""
        with self._store.transaction():
            row = self._store.intent(intent_id)
            if row is None or row["status"] != "requires_action":
                return False
            if allowed:
                self._store.set_status(intent_id, "requires_capture")
                self._announced(intent_id, "payment_intent.amount_capturable_updated")
            else:
                self._store.set_status(intent_id, "requires_payment_method", "authentication_failed")
                self._announced(intent_id, "payment_intent.payment_failed")
            return True

    def read_intent(self, intent_id: str) -> Answer:
        """GET /v1/payment_intents/{id}"""
        return self._ok(self._existing(intent_id)["id"])

    def search_intents(self, query: str) -> Answer:
        """GET /v1/payment_intents/search, by the merchant's payment id in the metadata."""
        match = _SEARCH.fullmatch(query.strip())
        if match is None:
            raise invalid("This bank searches by metadata['payment_id'] only.", param="query")
        rows = [self.intent_object(row) for row in self._store.intents_of(match[1])]
        body = {
            "object": "search_result",
            "data": rows,
            "has_more": False,
            "next_page": None,
            "url": "/v1/payment_intents/search",
        }
        return Answer(200, body)

    def list_intents(self, limit: str, starting_after: str | None) -> Answer:
        """GET /v1/payment_intents, newest first, each with its charge in full."""
        size = min(int(limit), _LONGEST_PAGE) if limit.isascii() and limit.isdigit() else 0
        if size < 1:
            raise invalid("Invalid integer: limit", param="limit")
        rows = self._store.page_of_intents(size, starting_after)
        body = {
            "object": "list",
            "data": [self.intent_object(row) | {"latest_charge": _charge(row)} for row in rows[:size]],
            "has_more": len(rows) > size,
            "url": "/v1/payment_intents",
        }
        return Answer(200, body)

    def create_refund(self, form: Form) -> Answer:
        """POST /v1/refunds"""
        row = self._existing(text(form, "payment_intent"))
        left = row["received"] - row["refunded"]
        amount = whole_number(form, "amount") if "amount" in form else left
        if row["status"] != "succeeded" or left <= 0:
            raise invalid("This intent has nothing to refund.", code="charge_already_refunded")
        if amount > left:
            raise invalid(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
                param="amount",
            )
        failure = None if self._card(row["payment_method"]).can_refund else "declined"
        refund_id = self._store.give_back(row["id"], amount, texts(form, "metadata"), failure)
        subject = self._refund_object(refund_id)
        self._store.add_webhook("refund.failed" if failure else "refund.created", subject)
        return Answer(200, subject)

    def read_refund(self, refund_id: str) -> Answer:
        """GET /v1/refunds/{id}"""
        if self._store.refund(refund_id) is None:
            raise invalid("No such refund", code="resource_missing", param="id", status=404)
        return Answer(200, self._refund_object(refund_id))

    def intent_object(self, row: sqlite3.Row) -> dict[str, Any]:
        """Return an intent as Stripe writes it."""
        asks = row["status"] == "requires_action"
        action = {
            "type": "redirect_to_url",
            "redirect_to_url": {
                "url": f"{self._public_url}/bank/3ds/{row['id']}",
                "return_url": row["return_url"],
            },
        }
        return {
            "id": row["id"],
            "object": "payment_intent",
            "amount": row["amount"],
            "amount_capturable": row["amount"] if row["status"] == "requires_capture" else 0,
            "amount_received": row["received"],
            "capture_method": "manual",
            "created": row["created"],
            "currency": row["currency"],
            "latest_charge": _charge_id(row),
            "last_payment_error": _decline(row["decline_code"]) if row["decline_code"] else None,
            "livemode": False,
            "metadata": json.loads(row["metadata"]),
            "next_action": action if asks else None,
            "payment_method": row["payment_method"],
            "payment_method_types": ["card"],
            "status": row["status"],
        }

    def _refund_object(self, refund_id: str) -> dict[str, Any]:
        row = self._store.refund(refund_id)
        assert row is not None
        intent = self._store.intent(row["intent"])
        assert intent is not None
        subject = {
            "id": row["id"],
            "object": "refund",
            "amount": row["amount"],
            "created": row["created"],
            "currency": intent["currency"],
            "metadata": json.loads(row["metadata"]),
            "payment_intent": row["intent"],
            "status": row["status"],
        }
        return subject | ({"failure_reason": row["failure_reason"]} if row["failure_reason"] else {})

    def _confirm(self, intent_id: str, card: TestCard) -> Answer:
        if card.decline_code is not None:
            self._store.set_status(intent_id, "requires_payment_method", card.decline_code)
            shown = self._announced(intent_id, "payment_intent.payment_failed")
            return Answer(402, {"error": _decline(card.decline_code) | {"payment_intent": shown.body}})
        if card.asks_customer:
            self._store.set_status(intent_id, "requires_action")
            return self._announced(intent_id, "payment_intent.requires_action")
        self._store.set_status(intent_id, "requires_capture")
        shown = self._announced(intent_id, "payment_intent.amount_capturable_updated")
        return Answer(200, shown.body, lost=not card.answers)

    def _card(self, payment_method: str) -> TestCard:
        card = card_of(payment_method)
        if card is None:
            raise invalid(
                f"No such PaymentMethod: '{payment_method[:60]}'",
                code="resource_missing",
                param="payment_method",
            )
        return card

    def _existing(self, intent_id: str) -> sqlite3.Row:
        row = self._store.intent(intent_id)
        if row is None:
            raise invalid("No such payment_intent", code="resource_missing", param="intent", status=404)
        return row

    def _unexpected(self, row: sqlite3.Row, verb: str) -> ApiError:
        error = invalid(
            f"This PaymentIntent could not be {verb}ed because it has a status of {row['status']}.",
            code="payment_intent_unexpected_state",
        )
        error.body["error"]["payment_intent"] = self.intent_object(row)
        return error

    def _ok(self, intent_id: str) -> Answer:
        return Answer(200, self.intent_object(self._existing(intent_id)))

    def _announced(self, intent_id: str, kind: str) -> Answer:
        """Return the intent as it is now, and add a webhook about it."""
        answer = self._ok(intent_id)
        self._store.add_webhook(kind, answer.body)
        return answer


def _charge_id(row: sqlite3.Row) -> str | None:
    return f"ch_{row['id'].removeprefix('pi_')}" if row["received"] else None


def _charge(row: sqlite3.Row) -> dict[str, Any] | None:
    charge_id = _charge_id(row)
    if charge_id is None:
        return None
    return {
        "id": charge_id,
        "object": "charge",
        "amount": row["amount"],
        "amount_captured": row["received"],
        "amount_refunded": row["refunded"],
        "payment_intent": row["id"],
    }


def _decline(decline_code: str) -> dict[str, Any]:
    return {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": decline_code,
        "message": _DECLINE_MESSAGES.get(decline_code, "Your card was declined."),
    }
