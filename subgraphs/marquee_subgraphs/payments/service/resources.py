"""`Resources`: what every use case of payments works with."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.payments.adapters.factory import OpenProvider
from marquee_subgraphs.payments.adapters.methods import PaymentMethods
from marquee_subgraphs.payments.adapters.provider import PaymentProvider
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.service.work_queue import WorkQueue
from marquee_subgraphs.payments.store import PaymentsStore


@dataclass(frozen=True, slots=True, eq=False)
class Resources:
    """The store and the events, the provider, and the queues of work that outlives a request."""

    backend: Backend
    store: PaymentsStore
    opened: OpenProvider
    topics: Topics[None]
    """A message on the id of an order, payment or refund says that it changed."""
    timing: Timing
    logger: logging.Logger
    return_url: str
    """Where the bank sends its customer after 3-D Secure."""
    payment_work: WorkQueue
    refund_work: WorkQueue

    @property
    def provider(self) -> PaymentProvider:
        """The card provider."""
        return self.opened.provider

    @property
    def methods(self) -> PaymentMethods:
        """The payment methods that may be paid with."""
        return self.opened.methods

    def now(self) -> datetime:
        """Return the moment by which everything is decided and written."""
        return self.backend.clock.now()

    def notify(self, tx: Transaction, topic: str) -> None:
        """Send a message on `topic` once `tx` has committed."""
        tx.after_commit(partial(self.topics.publish, topic, None))
