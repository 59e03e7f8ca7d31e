"""The payments database. The only SQL of this subgraph; each method is one statement or says otherwise."""

from marquee_subgraphs.payments.store.orders import OrderStore
from marquee_subgraphs.payments.store.payments import PaymentStore
from marquee_subgraphs.payments.store.refunds import RefundStore
from marquee_subgraphs.payments.tables import TABLES

__all__ = ["TABLES", "OrderStore", "PaymentStore", "RefundStore"]
