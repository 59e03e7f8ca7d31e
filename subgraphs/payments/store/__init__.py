"""The payments database. The only SQL of this subgraph; each method is one statement or says otherwise."""

from subgraphs.payments.store.orders import OrderStore
from subgraphs.payments.store.payments import PaymentStore
from subgraphs.payments.store.refunds import RefundStore
from subgraphs.payments.store.tables import TABLES

__all__ = ["TABLES", "OrderStore", "PaymentStore", "RefundStore"]
