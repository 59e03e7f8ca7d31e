"""What one reads: a constant number of statements, one's own, live."""

from __future__ import annotations

from datetime import timedelta

from marquee_subgraphs.tickets.store.seat_changes import CHANGES_KEPT
from tests.subgraphs.door import customer, staff
from tests.subgraphs.tickets.stage import Stage

ANA, BEN = customer("usr_ana"), customer("usr_ben")
WATCH = """subscription ($id: ID!, $after: Int) {
  seatMapChanged(showtimeId: $id, afterVersion: $after) { version resync seats { label status mine } } }"""


async def test_many_entities_take_a_constant_number_of_statements(any_stage: Stage) -> None:
    stage = any_stage
    showtimes = [await stage.schedule(movie_id=f"mov_{n % 3}") for n in range(6)]
    orders = [
        await stage.buy(showtime_id, "A1", "A2", viewer=ANA, payment_id=f"pay_{n}")
        for n, showtime_id in enumerate(showtimes)
    ]
    seats = [f"{showtime_id}:A{n}" for showtime_id in showtimes for n in range(1, 6)]
    tickets = [ticket["id"] for order in orders for ticket in order["tickets"]]
    cases = [
        ("Showtime", showtimes, "seatMap { version seats { id status price { amount } mine } }"),
        ("Showtime", showtimes, "bestAvailable(count: 2) { label }"),
        ("Seat", seats, "status price { amount } mine"),
        ("Order", [order["id"] for order in orders], "number seats { label status } refundOptions { until }"),
        ("Order", [order["id"] for order in orders], "tickets { qrCode seat { label } order { number } }"),
        ("Ticket", tickets, "status seat { label status } order { number total { amount } }"),
        ("Movie", ["mov_0", "mov_1", "mov_2"], "myTickets { id seat { label } }"),
        ("User", ["usr_ana"], "orders { nodes { number seats { label } } totalCount }"),
    ]
    for typename, keys, selection in cases:
        counts = []
        for some in (keys[:1], keys):
            stage.service.resources.layouts.forget()
            with stage.database.count_statements() as counter:
                answer = await stage.door.entities(typename, some, selection, ANA)
            assert None not in answer.only()
            counts.append(counter.count)
        assert counts[0] == counts[1], (typename, selection)


async def test_the_best_seats_are_the_same_for_all_until_others_take_seats_at_the_same_time(
    stage: Stage,
) -> None:
    showtime_id = await stage.schedule(rows={row: range(1, 21) for row in "ABCDEFGHIJ"})

    async def asked() -> list[tuple[str, ...]]:
        query = "bestAvailable(count: 2) { label }"
        answers = (await stage.door.entities("Showtime", [showtime_id], query)).only()
        return [tuple(seat["label"] for seat in answer["bestAvailable"]) for answer in answers]

    quiet = {labels for _ in range(8) for labels in await asked()}
    assert len(quiet) == 1
    for number in range(8):
        [labels] = await asked()
        assert (await stage.hold(showtime_id, *labels, viewer=customer(f"usr_{number}")))["errors"] == []
    crowded = {labels for _ in range(40) for labels in await asked()}
    assert len(crowded) > 1
    stage.clock.advance(timedelta(seconds=10))
    assert len({labels for _ in range(8) for labels in await asked()}) == 1


async def test_the_orders_of_many_customers_take_one_statement(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    for index, viewer in enumerate((ANA, BEN)):
        first = index * 4 + 1
        await stage.buy(showtime_id, f"A{first}", f"A{first + 1}", viewer=viewer, payment_id=f"pay_{index}")
    reader = staff("tickets:read", role="manager", cinemas=["cin_1"])
    selection = (
        "orders(first: 1) { nodes { number } totalCount } tickets(first: 5) { nodes { id } totalCount }"
    )
    counts = []
    for users in (["usr_ana"], ["usr_ana", "usr_ben", "usr_none"]):
        with stage.database.count_statements() as counter:
            answer = (await stage.door.entities("User", users, selection, reader)).only()
        counts.append(counter.count)
        assert [user["orders"]["totalCount"] for user in answer] == [1, 1, 0][: len(users)]
        assert [user["tickets"]["totalCount"] for user in answer] == [2, 2, 0][: len(users)]
    assert counts[0] == counts[1]


async def test_one_reads_ones_own_page_by_page(stage: Stage) -> None:
    for index in range(3):
        showtime_id = await stage.schedule(starts_in=timedelta(days=index))
        await stage.buy(showtime_id, "A1", "A2", viewer=ANA, payment_id=f"pay_{index}")
        stage.clock.advance(timedelta(seconds=1))
    query = (
        "orders(first: 2, after: $after) { nodes { number } pageInfo { hasNextPage endCursor } totalCount }"
    )
    [page] = (await stage.door.entities("User", ["usr_ana"], query.replace("$after", "null"), ANA)).only()
    cursor = page["orders"]["pageInfo"]["endCursor"]
    assert (page["orders"]["totalCount"], page["orders"]["pageInfo"]["hasNextPage"]) == (3, True)
    rest_query = query.replace("$after", f'"{cursor}"')
    [rest] = (await stage.door.entities("User", ["usr_ana"], rest_query, ANA)).only()
    numbers = [order["number"] for part in (page, rest) for order in part["orders"]["nodes"]]
    assert len(set(numbers)) == 3
    upcoming = "tickets(upcoming: true) { totalCount }"
    [mine] = (await stage.door.entities("User", ["usr_ana"], upcoming, ANA)).only()
    assert mine["tickets"]["totalCount"] == 6
    refused = await stage.door.entities("User", ["usr_ana"], upcoming, BEN)
    assert refused.codes == ["NOT_ALLOWED"]


async def test_staff_reads_the_tickets_of_its_cinemas(stage: Stage) -> None:
    for cinema_id in ("cin_1", "cin_2"):
        showtime_id = await stage.schedule(cinema_id=cinema_id)
        await stage.buy(showtime_id, "A1", "A2", viewer=ANA, payment_id=f"pay_{cinema_id}")
    query = "{ tickets(filter: {status: VALID}) { totalCount nodes { order { number } } } }"
    clerk = staff("tickets:read", role="box_office", cinemas=["cin_1"])
    assert (await stage.door.ask(query, viewer=clerk)).only()["totalCount"] == 2
    assert (await stage.door.ask(query, viewer=staff("tickets:read"))).only()["totalCount"] == 4
    assert (await stage.door.ask(query, viewer=ANA)).codes == ["NOT_ALLOWED"]
    assert (await stage.door.ask(query)).codes == ["UNAUTHENTICATED"]


async def test_a_qr_code_is_drawn(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    [ticket] = (await stage.door.entities("Ticket", [order["tickets"][0]["id"]], "qrSvg", ANA)).only()
    assert ticket["qrSvg"].startswith("<svg")


async def test_unknown_entities_are_null(stage: Stage) -> None:
    for typename, key, selection in (
        ("Showtime", "sht_unknown", "seatMap { version }"),
        ("Seat", "sht_unknown:A1", "status"),
        ("Seat", "nonsense", "status"),
        ("Order", "ord_unknown", "status"),
        ("Ticket", "tkt_unknown", "status"),
    ):
        [entity] = (await stage.door.entities(typename, [key], selection, ANA)).only()
        assert entity in (None, {"seatMap": None})


async def test_watchers_see_each_change_from_where_they_left(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    [showtime] = (await stage.door.entities("Showtime", [showtime_id], "seatMap { version }")).only()
    version = showtime["seatMap"]["version"]
    await stage.hold(showtime_id, "A1", "A2", viewer=ANA)
    variables = {"id": showtime_id, "after": version}
    async with stage.door.subscribe(WATCH, variables, viewer=ANA) as events:
        missed = (await anext(events))["data"]["seatMapChanged"]
        assert missed["resync"] is False
        assert missed["seats"] == [
            {"label": "A1", "status": "HELD", "mine": True},
            {"label": "A2", "status": "HELD", "mine": True},
        ]
        await stage.hold(showtime_id, "A5", "A6", viewer=BEN)
        news = (await anext(events))["data"]["seatMapChanged"]
        assert news["version"] > missed["version"]
        assert [(seat["label"], seat["mine"]) for seat in news["seats"]] == [("A5", False), ("A6", False)]


async def test_a_new_watcher_gets_all_seats_first(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    for after in (None, 999, -5000):
        async with stage.door.subscribe(WATCH, {"id": showtime_id, "after": after}) as events:
            first = (await anext(events))["data"]["seatMapChanged"]
            assert (first["resync"], len(first["seats"])) == (True, 20)
    async with stage.door.subscribe(WATCH, {"id": "sht_unknown"}) as events:
        assert (await anext(events))["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_who_missed_more_than_is_kept_gets_all(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    store = stage.service.resources.store
    async with stage.database.transaction() as tx:
        for _ in range(CHANGES_KEPT + 200):
            showtime = await store.showtimes.advance(tx, showtime_id)
            assert showtime is not None
            version = showtime.seat_version
            await store.seat_changes.add(tx, showtime_id=showtime_id, version=version, labels=["A1"])
    queries = stage.service.queries
    assert (await queries.changes(showtime_id, 50)).resync
    near = await queries.changes(showtime_id, 300)
    assert (near.resync, near.labels) == (False, ["A1"])


async def test_an_order_is_watched_until_its_tickets_are_there(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    held = await stage.hold(showtime_id, "A1", "A2")
    order = (await stage.place(held["hold"]["token"]))["order"]
    query = """subscription ($id: ID!, $token: String) {
      orderUpdated(orderId: $id, accessToken: $token) { status tickets { id } } }"""
    variables = {"id": order["id"], "token": order["accessToken"]}
    async with stage.door.subscribe(query, variables) as events:
        first = (await anext(events))["data"]["orderUpdated"]
        assert first == {"status": "PENDING_PAYMENT", "tickets": []}
        await stage.authorize(order)
        then = (await anext(events))["data"]["orderUpdated"]
        assert (then["status"], len(then["tickets"])) == ("CONFIRMED", 2)
    async with stage.door.subscribe(query, {"id": order["id"]}) as events:
        assert (await anext(events))["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_the_embedded_broker_brings_events_to_the_subgraph(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA)
    query = "subscription ($id: ID!) { orderUpdated(orderId: $id) { status } }"
    event = stage.event(
        "payment.authorized",
        "pay_1",
        {"payment_id": "pay_1", "order_id": order["id"], "amount": {"minor": 5100, "currency": "PEN"}},
    )
    async with stage.door.subscribe(query, {"id": order["id"]}, viewer=ANA) as events:
        assert (await anext(events))["data"]["orderUpdated"]["status"] == "PENDING_PAYMENT"
        await stage.broker.publish([event])
        assert (await anext(events))["data"]["orderUpdated"]["status"] == "CONFIRMED"
