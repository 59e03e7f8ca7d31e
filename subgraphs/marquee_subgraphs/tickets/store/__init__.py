"""The tickets database: the only SQL of this subgraph beside `invariants`.

A store is a class without state, one for each kind of row. A method is one statement unless its docstring
says otherwise; its first argument is the `Transaction` (or the `Connection`, when it only reads) that the
service opened. Stores open no transaction and decide nothing: guards against races are in the statements,
rules are in `domain`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_subgraphs.tickets.store.cancellations import CancellationStore
from marquee_subgraphs.tickets.store.customers import CustomerStore
from marquee_subgraphs.tickets.store.holds import HoldStore
from marquee_subgraphs.tickets.store.orders import OrderStore
from marquee_subgraphs.tickets.store.pages import PageStore
from marquee_subgraphs.tickets.store.refunds import RefundStore
from marquee_subgraphs.tickets.store.scans import ScanStore, SecretStore
from marquee_subgraphs.tickets.store.seat_changes import SeatChangeStore
from marquee_subgraphs.tickets.store.seats import SeatStore
from marquee_subgraphs.tickets.store.showtimes import ShowtimeStore
from marquee_subgraphs.tickets.store.tickets import TicketStore
from marquee_subgraphs.tickets.store.vouchers import VoucherStore
from marquee_subgraphs.tickets.store.waitlist import WaitlistStore


@dataclass(frozen=True, slots=True)
class TicketsStore:
    """The stores of tickets."""

    cancellations: CancellationStore = field(default_factory=CancellationStore)
    customers: CustomerStore = field(default_factory=CustomerStore)
    holds: HoldStore = field(default_factory=HoldStore)
    orders: OrderStore = field(default_factory=OrderStore)
    pages: PageStore = field(default_factory=PageStore)
    refunds: RefundStore = field(default_factory=RefundStore)
    scans: ScanStore = field(default_factory=ScanStore)
    secrets: SecretStore = field(default_factory=SecretStore)
    seats: SeatStore = field(default_factory=SeatStore)
    seat_changes: SeatChangeStore = field(default_factory=SeatChangeStore)
    showtimes: ShowtimeStore = field(default_factory=ShowtimeStore)
    tickets: TicketStore = field(default_factory=TicketStore)
    vouchers: VoucherStore = field(default_factory=VoucherStore)
    waitlist: WaitlistStore = field(default_factory=WaitlistStore)


__all__ = ["TicketsStore"]
