"""A tiny subgraph to test the kit with: books in memory, every kind of answer a schema can give."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Self, TypeAlias

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.graphql import (
    Connection,
    Context,
    FieldView,
    Money,
    MoneyInput,
    Payload,
    Representation,
    SubgraphSchema,
    build_schema,
    connection_size,
    mutation,
    shown,
    subscription,
)
from marquee_subgraphs.kit.graphql import field as graphql_field
from marquee_subgraphs.kit.money import Currency
from marquee_subgraphs.kit.money import Money as ExactMoney
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.refusals import Conflict, NotFound, RateLimited, Refusal
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.validation import InputCheck


@dataclass(frozen=True, slots=True)
class Copy:
    """A record of the domain; clients see a `Book`."""

    id: str
    title: str


class OutOfStock(Refusal):
    """Too few copies are left."""

    code = "OUT_OF_STOCK"
    left: int
    alternatives: list[Copy]

    def __init__(self, left: int, alternatives: list[Copy]) -> None:
        super().__init__(f"Only {left} left.", ["input", "count"])
        self.left = left
        self.alternatives = alternatives


class ShopClosed(Conflict):
    """Nothing is sold now; has no type of its own."""

    code = "SHOP_CLOSED"


@dataclass(slots=True)
class Shop:
    """The service: books by id, and what was asked of it."""

    titles: dict[str, str] = field(default_factory=lambda: {f"b{n}": f"Book {n}" for n in range(1, 8)})
    batches: list[list[str]] = field(default_factory=list)
    counted: int = 0
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def books_by_id(self, ids: Sequence[str]) -> Mapping[str, str | Exception]:
        self.batches.append(list(ids))
        return {
            id_: OSError("page torn at /secret/path") if id_ == "b6" else self.titles[id_]
            for id_ in ids
            if id_ in self.titles
        }

    async def count(self) -> int:
        self.counted += 1
        return len(self.titles)


Info: TypeAlias = strawberry.Info[Context[Shop], None]


@federation.type(keys=["id"])
class Book:
    """A book, resolved by a loader."""

    id: ID
    title: str

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        id_ = representation.text("id")
        title = await info.context.loaders(info.context.service.books_by_id).load(id_)
        return None if title is None else cls(id=ID(id_), title=title)


def to_books(copies: Sequence[Copy]) -> list[Book]:
    """Show copies."""
    return [Book(id=ID(each.id), title=each.title) for each in copies]


@federation.type(keys=["isbn"])
class Edition:
    """Another subgraph's entity, of which this one adds the price with tax; loads nothing."""

    isbn: ID
    base_price: Money = federation.field(external=True)
    price: strawberry.Private[ExactMoney]

    @classmethod
    def of_reference(cls, representation: Representation) -> Self:
        price = representation.money("basePrice")
        return cls(isbn=ID(representation.text("isbn")), base_price=Money.of(price), price=price)

    @graphql_field(requires="basePrice { amount currency }")
    def price_with_tax(self) -> Money:
        return Money.of(self.price + self.price.percent(18))


@strawberry.type
class Query:
    @graphql_field(directives=[connection_size()])
    async def books(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Book]:
        service = info.context.service
        request = PageRequest.of(first, after, (str,))
        start = "" if request.after is None else str(request.after[0])
        rows = [item for item in service.titles.items() if item[0] > start][: request.first + 1]
        page = Page.of(rows, request, lambda row: (row[0],))
        return Connection.of(page, lambda row: Book(id=ID(row[0]), title=row[1]), service.count)

    @graphql_field()
    async def secret(self, info: Info) -> str | None:
        return info.context.viewer.require_scope("books:read")

    @graphql_field()
    async def broken(self) -> str | None:
        raise OSError("cannot reach db://user:password@host")

    @graphql_field()
    def moment(self, at: datetime) -> datetime:
        return at

    @graphql_field()
    def half(self, of: Decimal) -> Decimal:
        return of / 2


@strawberry.input
class BuyBookInput:
    book_id: ID
    count: int
    offer: MoneyInput | None = None


@strawberry.type
class BuyBookPayload(Payload):
    book: Book | None = None
    total: Money | None = None


@strawberry.type
class Mutation:
    @mutation()
    async def buy_book(self, info: Info, input: BuyBookInput) -> BuyBookPayload:  # noqa: A002 - the schema's name
        with InputCheck() as check:
            check.text("bookId", input.book_id, most=5)
            check.integer("count", input.count, least=1, most=10)
        title = info.context.service.titles.get(input.book_id)
        if title is None:
            raise NotFound("There is no such book.", ["input", "bookId"])
        match input.count:
            case 3:
                raise OutOfStock(2, [Copy("b2", "Book 2"), Copy("b3", "Book 3")])
            case 4:
                raise ShopClosed("Come back tomorrow.")
            case 5:
                raise RateLimited(30)
            case 6:
                raise KeyError("/srv/shop/private.key")
        price = input.offer.to_money("offer") if input.offer else ExactMoney.of("9.90", Currency.PEN)
        return BuyBookPayload(book=Book(id=input.book_id, title=title), total=Money.of(price * input.count))


@strawberry.type
class Subscription:
    @subscription()
    async def titles(self, info: Info, id: ID, times: int) -> AsyncIterator[Book]:  # noqa: A002 - the schema's name
        service = info.context.service
        for _ in range(times):
            title = await info.context.loaders(service.books_by_id).load(id)
            yield Book(id=id, title=title or "")
            await service.bell.wait()
            service.bell.clear()


def build_shop_schema() -> SubgraphSchema:
    return build_schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Edition],
        user_errors=[shown(OutOfStock, alternatives=FieldView(list[Book], to_books, provides=["title"]))],
        logger=logging.getLogger("marquee.shop"),
    )


def build(runtime: Runtime) -> Subgraph:
    async def wire(_: Runtime, stack: AsyncExitStack) -> Wiring:
        return Wiring(service=Shop())

    return Subgraph(runtime, name="shop", port=1, schema=build_shop_schema(), wire=wire)


__all__ = ["Shop", "build", "build_shop_schema"]
