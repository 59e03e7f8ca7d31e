"""What is shown of payments, to whom, and in how few statements."""

from __future__ import annotations

from datetime import timedelta

from marquee_subgraphs.kit.identity import ANONYMOUS
from tests.subgraphs.door import customer, staff
from tests.subgraphs.payments.conftest import CUSTOMER, MANAGER, Cinema

WHOLE = """
  id status amount { amount currency } refunded { amount } paymentMethod failureCode failureMessage
  nextAction { url } createdAt updatedAt order { id }
  events { type at detail } refunds { id amount { amount } status reason createdAt }
"""


async def buy(cinema: Cinema, count: int) -> list[str]:
    """Pay some orders, a minute apart; answers the orders."""
    orders = []
    for number in range(count):
        orders.append(await cinema.tickets.place())
        await cinema.pay(orders[-1], key=f"key-{number:08}")
        cinema.clock.advance(timedelta(minutes=1))
    return orders


async def test_many_orders_with_all_of_their_payments_cost_a_constant_number_of_statements(
    any_cinema: Cinema,
) -> None:
    orders = await buy(any_cinema, 4)
    counts = []
    for few in (orders[:1], orders):
        with any_cinema.door.subgraph.service.database.count_statements() as counter:
            answer = await any_cinema.door.entities("Order", few, f"id payment {{ {WHOLE} }}", CUSTOMER)
        entities = answer.data["_entities"]
        assert [each["id"] for each in entities] == few
        assert {each["payment"]["status"] for each in entities} == {"CAPTURED"}
        assert [event["type"] for event in entities[0]["payment"]["events"]] == [
            "started",
            "authorized",
            "captured",
        ]
        counts.append(counter.count)
    assert counts == [3, 3]


async def test_an_order_shows_its_latest_payment(any_cinema: Cinema) -> None:
    order_id = await any_cinema.tickets.place()
    await any_cinema.pay(order_id, "pm_card_chargeDeclined")
    any_cinema.clock.advance(timedelta(seconds=1))
    await any_cinema.pay(order_id, key="key-00000002")
    answer = await any_cinema.door.entities(
        "Order", [order_id, "ord_unheard"], "payment { status order { id } }", CUSTOMER
    )
    assert answer.data["_entities"] == [
        {"payment": {"status": "CAPTURED", "order": {"id": order_id}}},
        {"payment": None},
    ]


async def test_ones_payments_come_in_pages_newest_first(any_cinema: Cinema) -> None:
    orders = await buy(any_cinema, 3)
    query = """
      query ($r: [_Any!]!, $after: String) { _entities(representations: $r) { ... on User {
        payments(first: 2, after: $after) {
          nodes { order { id } } totalCount pageInfo { hasNextPage endCursor }
        }
      } } }
    """
    seen: list[str] = []
    after = None
    for _ in range(2):
        answer = await any_cinema.door.ask(
            query,
            {"r": [{"__typename": "User", "id": "usr_1"}], "after": after},
            CUSTOMER,
        )
        page = answer.data["_entities"][0]["payments"]
        assert page["totalCount"] == 3
        seen += [node["order"]["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert seen == orders[::-1]
    assert page["pageInfo"]["hasNextPage"] is False


async def test_nobody_sees_the_payments_of_another(cinema: Cinema) -> None:
    order_id = await cinema.tickets.place()
    payment = (await cinema.pay(order_id))["payment"]
    query = "query ($id: ID!) { payment(id: $id) { id } }"
    for viewer in (CUSTOMER, MANAGER, staff()):
        assert (await cinema.door.ask(query, {"id": payment["id"]}, viewer)).only() == {"id": payment["id"]}
    for viewer in (customer("usr_2"), staff(role="manager", cinemas=["cin_2"])):
        assert (await cinema.door.ask(query, {"id": payment["id"]}, viewer)).only() is None
        shown = await cinema.door.entities("Order", [order_id], "payment { id }", viewer)
        assert shown.data["_entities"] == [{"payment": None}]
        shown = await cinema.door.entities("Payment", [payment["id"]], "id", viewer)
        assert shown.data["_entities"] == [None]
        shown = await cinema.door.entities("User", ["usr_1"], "payments { totalCount }", viewer)
        assert shown.data["_entities"] == [{"payments": None}]
    nobody = await cinema.door.ask(query, {"id": payment["id"]}, ANONYMOUS)
    assert nobody.codes == ["UNAUTHENTICATED"]


async def test_a_guests_payment_is_reached_through_the_order_alone(cinema: Cinema) -> None:
    order_id = await cinema.tickets.place(user_id=None)
    payment = (await cinema.pay(order_id, viewer=ANONYMOUS))["payment"]
    query = "query ($id: ID!) { payment(id: $id) { id } }"
    for viewer in (MANAGER, staff()):
        assert (await cinema.door.ask(query, {"id": payment["id"]}, viewer)).only() == {"id": payment["id"]}
    for viewer in (CUSTOMER, staff(role="manager", cinemas=["cin_2"])):
        assert (await cinema.door.ask(query, {"id": payment["id"]}, viewer)).only() is None
    shown = await cinema.door.entities("Order", [order_id], "payment { id }", ANONYMOUS)
    assert shown.data["_entities"] == [{"payment": {"id": payment["id"]}}]


async def test_what_is_not_an_id_is_nothing(cinema: Cinema) -> None:
    query = "query ($id: ID!) { payment(id: $id) { id } }"
    for payment_id in ("", "pay_unheard", "x" * 100_000, "'; DROP TABLE payments; --"):
        assert (await cinema.door.ask(query, {"id": payment_id}, CUSTOMER)).only() is None


async def test_the_demo_cards_say_what_they_do(cinema: Cinema) -> None:
    answer = await cinema.door.ask("{ paymentMethods { id label brand last4 behaviour } }")
    cards = {card["id"]: card for card in answer.only()}
    assert {
        "pm_card_visa",
        "pm_card_chargeDeclined",
        "pm_card_threeDSecureRequired",
        "pm_card_timeout",
    } <= set(cards)
    assert all(card["behaviour"].endswith(".") for card in cards.values())


async def test_an_erased_person_is_gone_from_the_books_and_the_money_is_not(cinema: Cinema) -> None:
    payment = (await cinema.pay(await cinema.tickets.place()))["payment"]
    await cinema.tickets.say("user.erasure_requested", "usr_1", {"user_id": "usr_1"})
    erased = await cinema.tickets.hears("user.erased")
    assert erased == {"user_id": "usr_1", "subgraph": "payments"}
    assert await cinema.status(payment["id"]) == "CAPTURED"
    shown = await cinema.door.entities("User", ["usr_1"], "payments { totalCount }", CUSTOMER)
    assert shown.data["_entities"] == [{"payments": {"totalCount": 0}}]
