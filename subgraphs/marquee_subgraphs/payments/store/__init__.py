"""The payments database: the only SQL of this subgraph beside `invariants`.

A store is a class without state, one for each kind of row. A method is one statement unless its docstring
says otherwise; its first argument is the `Transaction` (or the `Connection`, when it only reads) that the
service opened. Stores decide nothing and open no transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_subgraphs.payments.store.orders import OrderStore
from marquee_subgraphs.payments.store.payments import PaymentStore
from marquee_subgraphs.payments.store.refunds import RefundStore


@dataclass(frozen=True, slots=True)
class PaymentsStore:
    """The stores of payments."""

    orders: OrderStore = field(default_factory=OrderStore)
    payments: PaymentStore = field(default_factory=PaymentStore)
    refunds: RefundStore = field(default_factory=RefundStore)


__all__ = ["OrderStore", "PaymentStore", "PaymentsStore", "RefundStore"]
