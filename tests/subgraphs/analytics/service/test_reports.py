"""Reports: money as payments has it, days as cinemas have them, and nobody else's cinema."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from marquee_subgraphs.analytics.errors import NotYetKnown
from marquee_subgraphs.kit.identity import ANONYMOUS
from marquee_subgraphs.kit.runtime import Runtime
from tests.subgraphs.analytics.house import ADMIN, ANA, LIMA_MANAGER, House
from tests.subgraphs.incoming_events import emit, make_event

DASHBOARD = """query ($range: DateRangeInput) { dashboard(range: $range) {
  revenue { amount currency } refunded { amount currency } orders ticketsSold checkIns newUsers occupancy
  topMovies { movie { id } ticketsSold revenue { amount } }
  salesByDay { date ticketsSold revenue { amount currency } } } }"""
SALES = """query ($range: DateRangeInput!, $by: SalesGrouping!) { salesReport(range: $range, groupBy: $by) {
  key label orders ticketsSold revenue { amount currency } } }"""
OCCUPANCY = """query ($range: DateRangeInput!, $cinema: ID) {
  occupancyReport(range: $range, cinemaId: $cinema) { showtimeId movieTitle startsAt sold seats ratio } }"""


async def test_revenue_is_what_was_captured_less_what_was_refunded(any_house: House) -> None:
    house = any_house
    movie = await house.film()
    lima = await house.schedule(movie)
    madrid = await house.schedule(movie, "cin_madrid")
    first = await house.capture(lima, movie, 4800)
    second = await house.capture(madrid, movie, 2000, cinema_id="cin_madrid", seats=1, viewer=None)
    part = await house.refund(first, 1200)
    rest = await house.refund(first, 3600, tickets=2, version=2)
    await house.again(first, part, second, rest)

    found = await house.ask(DASHBOARD)
    assert found["revenue"] == [
        {"amount": "20.00", "currency": "EUR"},
        {"amount": "0.00", "currency": "PEN"},
    ]
    assert found["refunded"] == [{"amount": "48.00", "currency": "PEN"}]
    assert (found["orders"], found["ticketsSold"]) == (2, 1)
    assert await house.books() == {"pay_1": (4800, 4800), "pay_2": (2000, 0)}
    assert await house.broken() == []


async def test_a_refund_may_be_heard_of_before_its_capture(any_house: House, any_runtime: Runtime) -> None:
    house = any_house
    movie = await house.film()
    showtime = await house.schedule(movie)
    payload = {
        "payment_id": "pay_x",
        "order_id": "ord_x",
        "user_id": None,
        "movie_id": movie,
        "showtime_id": showtime,
        "cinema_id": "cin_lima",
        "amount": {"minor": 5000, "currency": "PEN"},
        "seat_count": 2,
    }
    captured = make_event(any_runtime, "payment.captured", payload, aggregate_id="pay_x")
    await house.refund(captured, 2000, tickets=1)
    assert await house.broken() == []
    await emit(any_runtime, captured)
    assert await house.books() == {"pay_x": (5000, 2000)}
    assert await house.broken() == []


async def test_money_of_a_cinema_not_heard_of_yet_waits_for_it(house: House) -> None:
    movie = await house.film()
    event = make_event(
        house.runtime,
        "payment.captured",
        {
            "payment_id": "pay_x",
            "order_id": "ord_x",
            "movie_id": movie,
            "showtime_id": "shw_new",
            "cinema_id": "cin_new",
            "amount": {"minor": 5000, "currency": "PEN"},
            "seat_count": 2,
        },
        aggregate_id="pay_x",
    )
    events = house.door.subgraph.events
    assert events is not None
    with pytest.raises(NotYetKnown):
        await events.consumer.handle(event)
    names: dict[str, Any] = {"name": "New", "city": "", "currency": "PEN", "time_zone": "America/Lima"}
    await house.hear("cinema.created", "cin_new", cinema_id="cin_new", **names)
    await house.again(event)
    assert await house.books() == {"pay_x": (5000, 0)}


async def test_a_day_is_the_cinemas_own(any_house: House) -> None:
    house = any_house
    movie = await house.film()
    lima, madrid = await house.schedule(movie), await house.schedule(movie, "cin_madrid")
    midnight_in_madrid = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)
    house.clock.advance(midnight_in_madrid - house.clock.now())
    await house.capture(lima, movie, 1000)
    await house.capture(madrid, movie, 2000, cinema_id="cin_madrid", seats=3)
    found = await house.ask(DASHBOARD)
    assert [(day["date"], day["ticketsSold"]) for day in found["salesByDay"]] == [
        ("2026-01-15", 2),
        ("2026-01-16", 3),
    ]
    rows = await house.ask(SALES, range=house.range(), by="DAY")
    assert [(row["key"], row["ticketsSold"]) for row in rows] == [("2026-01-15", 2), ("2026-01-16", 3)]
    assert await house.broken() == []


async def test_sales_come_by_film_cinema_and_showtime_with_their_names(any_house: House) -> None:
    house = any_house
    metropolis, nosferatu = await house.film(), await house.film("Nosferatu")
    lima = await house.schedule(metropolis)
    madrid = await house.schedule(nosferatu, "cin_madrid")
    await house.capture(lima, metropolis, 1000, seats=1)
    await house.capture(madrid, nosferatu, 2000, cinema_id="cin_madrid", seats=3)
    labels = {}
    for grouping in ("MOVIE", "CINEMA", "SHOWTIME"):
        rows = await house.ask(SALES, range=house.range(), by=grouping)
        labels[grouping] = [(row["key"], row["label"], row["ticketsSold"]) for row in rows]
    assert labels == {
        "MOVIE": [(nosferatu, "Nosferatu", 3), (metropolis, "Metropolis", 1)],
        "CINEMA": [("cin_madrid", "Madrid", 3), ("cin_lima", "Lima", 1)],
        "SHOWTIME": [
            (madrid, "Metropolis, 2026-01-16 19:00", 3),
            (lima, "Metropolis, 2026-01-16 13:00", 1),
        ],
    }
    found = await house.ask(DASHBOARD)
    assert [(each["movie"]["id"], each["ticketsSold"]) for each in found["topMovies"]] == [
        (nosferatu, 3),
        (metropolis, 1),
    ]


async def test_a_film_all_of_whose_tickets_were_given_back_is_no_top_movie(house: House) -> None:
    movie = await house.film()
    captured = await house.capture(await house.schedule(movie), movie, 1000, seats=1)
    await house.refund(captured, 1000, tickets=1)
    found = await house.ask(DASHBOARD)
    assert (found["ticketsSold"], found["topMovies"]) == (0, [])


async def test_what_happened_outside_the_range_is_not_in_it(any_house: House) -> None:
    house = any_house
    movie = await house.film()
    showtime = await house.schedule(movie)
    start = house.clock.now()
    for _ in range(3):
        await house.capture(showtime, movie, 1000, seats=1)
        house.clock.advance(timedelta(hours=1))
    given = {"from": start.isoformat(), "to": (start + timedelta(hours=2)).isoformat()}
    assert (await house.ask(DASHBOARD, range=given))["orders"] == 2, "from is included, to is not"


async def test_managers_read_of_their_own_cinemas_admins_of_all(any_house: House) -> None:
    house = any_house
    movie = await house.film()
    lima = await house.schedule(movie)
    madrid = await house.schedule(movie, "cin_madrid")
    await house.capture(lima, movie, 1000, seats=1)
    await house.capture(madrid, movie, 2000, cinema_id="cin_madrid", seats=3)
    await house.seats("sold", madrid, 1, "A1", "A2", "A3")
    await house.visit("tkt_1", madrid, movie)

    seen = {}
    for name, viewer in {"admin": ADMIN, "manager": LIMA_MANAGER}.items():
        found = await house.ask(DASHBOARD, viewer)
        rows = await house.ask(SALES, viewer, range=house.range(), by="CINEMA")
        shown = await house.ask(OCCUPANCY, viewer, range=house.range())
        keys = sorted(row["key"] for row in rows)
        seen[name] = (found["orders"], found["checkIns"], found["occupancy"], keys, len(shown))
    assert seen == {
        "admin": (2, 1, 0.15, ["cin_lima", "cin_madrid"], 2),
        "manager": (1, 0, 0.0, ["cin_lima"], 1),
    }
    other = await house.door.ask(
        OCCUPANCY, {"range": house.range(), "cinema": "cin_madrid"}, viewer=LIMA_MANAGER
    )
    assert other.codes == ["NOT_ALLOWED"]


async def test_reports_are_for_staff_with_the_scope(house: House) -> None:
    variables = {"range": house.range(), "by": "DAY"}
    for query in (DASHBOARD, SALES, OCCUPANCY):
        given = {name: value for name, value in variables.items() if f"${name}" in query}
        assert (await house.door.ask(query, given, viewer=ANA)).codes == ["NOT_ALLOWED"]
        assert (await house.door.ask(query, given, viewer=ANONYMOUS)).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (0, 401)])
async def test_a_range_goes_forward_and_not_too_far(house: House, start: int, end: int) -> None:
    given: Any = house.range(timedelta(days=start), timedelta(days=end))
    for query, more in ((DASHBOARD, {}), (SALES, {"by": "DAY"}), (OCCUPANCY, {})):
        answer = await house.door.ask(query, {"range": given, **more}, viewer=ADMIN)
        assert answer.codes == ["INVALID_INPUT"]


async def test_occupancy_follows_seats_sold_and_released_whatever_comes_late(any_house: House) -> None:
    house = any_house
    movie = await house.film()
    showtime = await house.schedule(movie, seats=8)
    sold = await house.seats("sold", showtime, 3, "A1", "A2", "A3")
    await house.seats("released", showtime, 5, "A2")
    await house.seats("sold", showtime, 4, "A2")
    await house.again(sold)
    [row] = await house.ask(OCCUPANCY, range=house.range(), cinema="cin_lima")
    assert row == {
        "showtimeId": showtime,
        "movieTitle": "Metropolis",
        "startsAt": "2026-01-16T13:00:00-05:00",
        "sold": 2,
        "seats": 8,
        "ratio": 0.25,
    }
    moved = (house.clock.now() + timedelta(days=40)).isoformat()
    await house.hear("showtime.rescheduled", showtime, 2, showtime_id=showtime, starts_at=moved)
    assert await house.ask(OCCUPANCY, range=house.range()) == []
    assert (await house.ask(DASHBOARD))["occupancy"] == 0.25
    await house.hear("showtime.cancelled", showtime, 3, showtime_id=showtime)
    assert (await house.ask(DASHBOARD))["occupancy"] is None


async def test_check_ins_and_new_users_are_counted_as_they_are_now(any_house: House) -> None:
    house = any_house
    movie = await house.film()
    showtime = await house.schedule(movie)
    await house.visit("tkt_1", showtime, movie)
    await house.visit("tkt_2", showtime, movie)
    await house.visit("tkt_2", showtime, movie, undone=True, version=2)
    late = await house.visit("tkt_2", showtime, movie, version=1)
    await house.again(late)
    for user_id in ("usr_ana", "usr_ben"):
        event = await house.hear("user.registered", user_id, user_id=user_id)
        await house.again(event)
    found = await house.ask(DASHBOARD)
    assert (found["checkIns"], found["newUsers"]) == (1, 2)
