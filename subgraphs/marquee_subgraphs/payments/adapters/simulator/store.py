"""The bank's store: one SQLite file with intents, refunds, idempotency keys and webhooks still to be sent.

Uses the standard library on the event loop: a statement takes microseconds, and with `synchronous=NORMAL` a
commit does not wait for the disk, yet survives the end of the process. Each request is one transaction.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from marquee_foundation.private_files import make_private_file, make_private_folder
from marquee_subgraphs.payments.adapters.simulator.wire import ApiError

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS intents (
    id TEXT PRIMARY KEY, amount INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL,
    payment_method TEXT NOT NULL, return_url TEXT, metadata TEXT NOT NULL, reference TEXT,
    created INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0, refunded INTEGER NOT NULL DEFAULT 0,
    captures INTEGER NOT NULL DEFAULT 0, decline_code TEXT,
    CHECK (received <= amount AND refunded <= received)
);
CREATE INDEX IF NOT EXISTS intents_by_reference ON intents (reference);
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY, intent TEXT NOT NULL REFERENCES intents (id), amount INTEGER NOT NULL,
    status TEXT NOT NULL, metadata TEXT NOT NULL, failure_reason TEXT, created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS webhooks (
    id TEXT PRIMARY KEY, body TEXT NOT NULL, created INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS webhooks_due ON webhooks (due);
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """The bank's answer to a request: `replayed` from an earlier one, or `lost` and never sent."""

    status: int
    body: dict[str, Any]
    replayed: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook that is still to be delivered to the merchant."""

    id: str
    body: bytes
    attempts: int


def new_id(prefix: str) -> str:
    """Return a new id in Stripe's form, as `pi_3f…`."""
    return f"{prefix}_{secrets.token_hex(12)}"


class BankStore:
    """Reads and writes the file; one process at a time."""

    __slots__ = ("_connection", "_now")

    def __init__(self, path: Path, now: Callable[[], int]) -> None:
        make_private_folder(path.parent)
        make_private_file(path)
        self._now = now
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=5)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written inside, or roll all of it back."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def keyed(self, key: str | None, fingerprint: str, act: Callable[[], Answer]) -> Answer:
        """Call `act` once per key; return the stored answer for the same request, refuse another request."""
        with self.transaction():
            stored = self._one("SELECT * FROM keys WHERE key = ?", key) if key else None
            if stored is not None:
                if stored["fingerprint"] != fingerprint:
                    error = ApiError(
                        400,
                        "idempotency_error",
                        "Keys for idempotent requests can only be used with the same parameters "
                        "they were first used with.",
                    )
                    return Answer(error.status, error.body)
                return Answer(stored["status"], json.loads(stored["body"]), replayed=True)
            try:
                answer = act()
            # No key is stored for it: a request that was refused may be corrected and sent again.
            except ApiError as error:  # raised before anything was written
                return Answer(error.status, error.body)
            if key:
                self._connection.execute(
                    "INSERT INTO keys VALUES (?, ?, ?, ?)",
                    (key, fingerprint, answer.status, json.dumps(answer.body)),
                )
            return answer

    def intent(self, intent_id: str) -> sqlite3.Row | None:
        """Return an intent, or None."""
        return self._one("SELECT * FROM intents WHERE id = ?", intent_id)

    def intents_of(self, reference: str) -> list[sqlite3.Row]:
        """Return the intents whose metadata name this payment of the merchant."""
        return self._all("SELECT * FROM intents WHERE reference = ? ORDER BY rowid", reference)

    def all_intents(self) -> list[sqlite3.Row]:
        """Every intent, for comparing store."""
        return self._all("SELECT * FROM intents ORDER BY rowid")

    def page_of_intents(self, limit: int, starting_after: str | None) -> list[sqlite3.Row]:
        """Return up to `limit + 1` intents older than `starting_after`, newest first."""
        after = (
            "" if starting_after is None else ("WHERE rowid < (SELECT rowid FROM intents WHERE id = :after) ")
        )
        rows: list[sqlite3.Row] = self._connection.execute(
            f"SELECT * FROM intents {after}ORDER BY rowid DESC LIMIT :limit",  # noqa: S608  # ours, both times
            {"after": starting_after, "limit": limit + 1},
        ).fetchall()
        return rows

    def refund(self, refund_id: str) -> sqlite3.Row | None:
        """Return a refund, or None."""
        return self._one("SELECT * FROM refunds WHERE id = ?", refund_id)

    def add_intent(
        self,
        *,
        amount: int,
        currency: str,
        payment_method: str,
        return_url: str | None,
        metadata: dict[str, str],
    ) -> str:
        """Add an unconfirmed intent; return its id."""
        intent_id = new_id("pi")
        self._connection.execute(
            "INSERT INTO intents (id, amount, currency, status, payment_method, return_url, metadata, "
            "reference, created) VALUES (?, ?, ?, 'requires_confirmation', ?, ?, ?, ?, ?)",
            (
                intent_id,
                amount,
                currency,
                payment_method,
                return_url,
                json.dumps(metadata),
                metadata.get("payment_id"),
                self._now(),
            ),
        )
        return intent_id

    def set_status(self, intent_id: str, status: str, decline_code: str | None = None) -> None:
        """Set the status of an intent."""
        self._connection.execute(
            "UPDATE intents SET status = ?, decline_code = ? WHERE id = ?", (status, decline_code, intent_id)
        )

    def take(self, intent_id: str) -> None:
        """Capture the reserved money, and count that it was captured."""
        self._connection.execute(
            "UPDATE intents SET status = 'succeeded', received = amount, captures = captures + 1 "
            "WHERE id = ?",
            (intent_id,),
        )

    def give_back(
        self, intent_id: str, amount: int, metadata: dict[str, str], failure_reason: str | None
    ) -> str:
        """Add a refund, failed when there is a `failure_reason`; return its id."""
        refund_id = new_id("re")
        status = "failed" if failure_reason else "succeeded"
        self._connection.execute(
            "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?, ?)",
            (refund_id, intent_id, amount, status, json.dumps(metadata), failure_reason, self._now()),
        )
        if not failure_reason:
            self._connection.execute(
                "UPDATE intents SET refunded = refunded + ? WHERE id = ?", (amount, intent_id)
            )
        return refund_id

    def add_webhook(self, kind: str, subject: dict[str, Any]) -> None:
        """Add a webhook about `subject` to be sent."""
        now = self._now()
        event_id = new_id("evt")
        body = {
            "id": event_id,
            "object": "event",
            "type": kind,
            "created": now,
            "livemode": False,
            "api_version": None,
            "data": {"object": subject},
        }
        self._connection.execute(
            "INSERT INTO webhooks (id, body, created, due) VALUES (?, ?, ?, ?)",
            (event_id, json.dumps(body), now, now),
        )

    def due_webhooks(self) -> list[Webhook]:
        """Return the webhooks that are due, at most 100."""
        rows = self._all(
            "SELECT * FROM webhooks WHERE due <= ? ORDER BY due, rowid LIMIT 100",
            self._now(),
        )
        return [Webhook(row["id"], row["body"].encode(), row["attempts"]) for row in rows]

    def settle_webhook(self, webhook: Webhook, *, delivered: bool, retry_seconds: int) -> None:
        """Delete a webhook that was delivered, or set when to send it again."""
        if delivered:
            self._connection.execute("DELETE FROM webhooks WHERE id = ?", (webhook.id,))
        else:
            self._connection.execute(
                "UPDATE webhooks SET attempts = attempts + 1, due = ? WHERE id = ?",
                (self._now() + retry_seconds, webhook.id),
            )

    def _one(self, statement: str, *parameters: object) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(statement, parameters).fetchone()
        return row

    def _all(self, statement: str, *parameters: object) -> list[sqlite3.Row]:
        return self._connection.execute(statement, parameters).fetchall()
