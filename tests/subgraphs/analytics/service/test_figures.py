"""Figures on films, people and what has seats to sell: right, in few statements, for who may read them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from marquee_subgraphs.analytics.service.tracking import EVENTS_PER_MINUTE
from marquee_subgraphs.analytics.tables import DAILY_TRACKED, PEOPLE, SALES, VISITS
from marquee_subgraphs.kit.identity import ANONYMOUS
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.runtime import Runtime
from tests.subgraphs.analytics.house import ADMIN, ANA, BEN, LIMA_MANAGER, House
from tests.subgraphs.incoming_events import emit, make_event

METRICS = "metrics { views ticketsSold viewsLast7Days ticketsLast7Days }"
BEHAVIOR = "behavior { orders ticketsBought moviesSeen favouriteGenres lastSeenAt }"
FIGURES = "occupancy { sold seats ratio } sales { orders ticketsSold revenue { amount currency } }"


async def metrics(house: House, movie_id: str) -> tuple[int, ...]:
    [movie] = (await house.door.entities("Movie", [movie_id], METRICS)).only()
    return tuple(movie["metrics"].values())


async def behavior(house: House, user_id: str = "usr_ana") -> Any:
    [user] = (await house.door.entities("User", [user_id], BEHAVIOR, ADMIN)).only()
    return user["behavior"]


async def test_a_films_metrics_are_of_all_time_and_of_the_last_week(any_house: House) -> None:
    house = any_house
    movie = await house.film()
    showtime = await house.schedule(movie)
    assert await metrics(house, movie) == (0, 0, 0, 0)
    captured = await house.capture(showtime, movie, 1000, seats=3)
    await house.refund(captured, 300, tickets=1)
    await house.track(ANONYMOUS, type="MOVIE_VIEWED", movieId=movie)
    assert await metrics(house, movie) == (1, 2, 1, 2)
    house.clock.advance(timedelta(days=7))
    await house.track(type="MOVIE_VIEWED", movieId=movie)
    await house.track(type="MOVIE_VIEWED", movieId=movie)
    assert await metrics(house, movie) == (3, 2, 2, 0)


async def test_what_has_seats_to_sell_tells_its_figures_by_its_kind(any_house: House) -> None:
    house = any_house
    movie = await house.film()
    first = await house.schedule(movie, seats=10)
    second = await house.schedule(movie, seats=10)
    await house.seats("sold", first, 1, "A1", "A2", "A3")
    await house.capture(first, movie, 3000, seats=3)
    await house.capture(second, movie, 500, seats=1)
    old = await house.schedule(movie, starts_in=timedelta(days=-31), seats=10)
    await house.seats("sold", old, 1, "A1")

    keys = [
        {"id": id_, "seatCount": seats}
        for id_, seats in ((first, 10), ("cin_lima", 10), ("aud_lima", 10), ("cin_madrid", 25))
    ]
    found = (await house.door.entities("Bookable", keys, FIGURES, ADMIN)).only()

    occupancies = [tuple(each["occupancy"].values()) for each in found]
    assert occupancies == [(3, 10, 0.3), (3, 20, 0.15), (3, 20, 0.15), (0, 25, 0.0)]
    sales = [(each["sales"]["orders"], each["sales"]["revenue"]) for each in found]
    assert sales == [
        (1, [{"amount": "30.00", "currency": "PEN"}]),
        (2, [{"amount": "35.00", "currency": "PEN"}]),
        (2, [{"amount": "35.00", "currency": "PEN"}]),
        (0, []),
    ]


async def test_sales_of_a_range_are_those_within_it(any_house: House) -> None:
    house = any_house
    movie = await house.film()
    showtime = await house.schedule(movie)
    start = house.clock.now()
    await house.capture(showtime, movie, 1000)
    house.clock.advance(timedelta(days=2))
    await house.capture(showtime, movie, 2000)
    end = (start + timedelta(days=1)).isoformat()
    selection = f'sales(range: {{from: "{start.isoformat()}", to: "{end}"}}) {{ revenue {{ amount }} }}'
    for id_ in (showtime, "cin_lima", "aud_lima"):
        [found] = (await house.door.entities("Bookable", [id_], selection, ADMIN)).only()
        assert found["sales"]["revenue"] == [{"amount": "10.00"}]
    backwards = f'sales(range: {{from: "{end}", to: "{start.isoformat()}"}}) {{ orders }}'
    assert (await house.door.entities("Bookable", [showtime], backwards, ADMIN)).codes == ["INVALID_INPUT"]


async def test_occupancy_is_for_all_and_sales_for_staff_of_the_cinema(any_house: House) -> None:
    house = any_house
    movie = await house.film()
    lima, madrid = await house.schedule(movie), await house.schedule(movie, "cin_madrid")
    ids = [lima, "cin_lima", "aud_lima", madrid, "cin_madrid", "aud_madrid"]
    own = await house.door.entities("Bookable", ids, "sales { orders }", LIMA_MANAGER)
    shown = [each["sales"] is not None for each in own.data["_entities"]]
    assert shown == [True, True, True, False, False, False]
    assert own.codes == ["NOT_ALLOWED"] * 3
    refused = await house.door.entities("Bookable", [lima], "sales { orders }", ANA)
    assert refused.codes == ["NOT_ALLOWED"]
    keys = [{"id": id_, "seatCount": 10} for id_ in ids]
    full = await house.door.entities("Bookable", keys, "occupancy { ratio }", ANONYMOUS)
    assert len(full.only()) == 6


async def test_many_parents_take_as_many_statements_as_few(any_house: House) -> None:
    house = any_house
    movies = [await house.film(f"Film {number}", ("Drama", "Noir")) for number in range(6)]
    showtimes = [await house.schedule(movie) for movie in movies]
    for movie, showtime in zip(movies, showtimes, strict=True):
        await house.capture(showtime, movie, 1000)
        await house.capture(showtime, movie, 1000, viewer=BEN)
    people = ["usr_ana", "usr_ben"]

    async def statements(typename: str, keys: list[Any], selection: str) -> int:
        viewer = ADMIN if typename == "User" else LIMA_MANAGER
        with house.database.count_statements() as counted:
            (await house.door.entities(typename, keys, selection, viewer)).only()
        return counted.count

    bookables = [{"id": id_, "seatCount": 10} for id_ in (*showtimes, "cin_lima", "aud_lima")]
    few = [bookables[0], *bookables[-2:]]
    assert await statements("Bookable", bookables, FIGURES) == await statements("Bookable", few, FIGURES)
    assert await statements("Movie", movies, METRICS) == await statements("Movie", movies[:1], METRICS)
    assert await statements("User", people, BEHAVIOR) == await statements("User", people[:1], BEHAVIOR)


async def test_a_persons_behavior_is_what_they_bought_and_saw(any_house: House) -> None:
    house = any_house
    drama, horror = await house.film(genres=("Drama",)), await house.film("Nosferatu", ("Horror", "Drama"))
    await house.hear("user.registered", "usr_ana", user_id="usr_ana")
    showtime, night = await house.schedule(drama), await house.schedule(horror)
    await house.capture(showtime, drama, 1000, seats=1)
    captured = await house.capture(night, horror, 3000, seats=4)
    await house.refund(captured, 1000, tickets=1)
    await house.visit("tkt_1", showtime, drama)
    house.clock.advance(timedelta(hours=1))
    await house.hear("review.created", "rev_1", review_id="rev_1", user_id="usr_ana", movie_id=drama)
    assert await behavior(house) == {
        "orders": 2,
        "ticketsBought": 4,
        "moviesSeen": 1,
        "favouriteGenres": ["Drama", "Horror"],
        "lastSeenAt": "2026-01-15T19:00:00Z",
    }


async def test_behavior_is_for_oneself_and_for_admins(house: House) -> None:
    seen = {}
    viewers = {"self": ANA, "other": BEN, "guest": ANONYMOUS, "manager": LIMA_MANAGER, "admin": ADMIN}
    for name, viewer in viewers.items():
        seen[name] = (await house.door.entities("User", ["usr_ana"], BEHAVIOR, viewer)).codes
    assert seen == {
        "self": [],
        "other": ["NOT_ALLOWED"],
        "guest": ["UNAUTHENTICATED"],
        "manager": ["NOT_ALLOWED"],
        "admin": [],
    }


async def test_erasure_forgets_the_person_and_keeps_the_sums(any_house: House, any_runtime: Runtime) -> None:
    house = any_house
    movie = await house.film()
    showtime = await house.schedule(movie)
    await house.hear("user.registered", "usr_ana", user_id="usr_ana")
    await house.capture(showtime, movie, 1000)
    await house.visit("tkt_1", showtime, movie)
    before = await house.books()
    erase = make_event(
        any_runtime, "user.erasure_requested", {"user_id": "usr_ana"}, aggregate_id="usr_ana", version=2
    )
    await emit(any_runtime, erase, erase)
    assert await house.books() == before
    assert (await house.ask("{ dashboard { newUsers checkIns orders } }")) == {
        "newUsers": 1,
        "checkIns": 1,
        "orders": 1,
    }
    assert (await behavior(house))["orders"] == 0
    # What is heard of them later counts, and is nobody's.
    await house.capture(showtime, movie, 1000)
    await house.visit("tkt_2", showtime, movie)
    late = make_event(any_runtime, "user.registered", {"user_id": "usr_ana"}, aggregate_id="usr_ana")
    await emit(any_runtime, late)
    assert (await house.ask("{ dashboard { orders checkIns newUsers } }")) == {
        "orders": 2,
        "checkIns": 2,
        "newUsers": 1,
    }
    async with house.database.read() as connection:
        for table in (SALES, VISITS, PEOPLE):
            assert "usr_ana" not in await connection.scalars(select(table.c.user_id))
    assert await house.broken() == []


async def test_tracked_events_say_what_they_are_about(house: House) -> None:
    movie = await house.film()
    refusals = {
        "no film": await house.track(type="MOVIE_VIEWED"),
        "no words": await house.track(type="SEARCHED", text="  "),
        "no showtime": await house.track(type="CHECKOUT_STARTED", movieId=movie),
        "nonsense": await house.track(type="MOVIE_VIEWED", movieId="mov_'; DROP TABLE sales"),
        "too long": await house.track(type="SEARCHED", text="x" * 101),
        "unknown film": await house.track(type="MOVIE_VIEWED", movieId=new_id("mov", house.clock.now())),
        "unknown showtime": await house.track(
            type="SEAT_MAP_OPENED", showtimeId=new_id("shw", house.clock.now())
        ),
    }
    found = {name: (each["accepted"], each["errors"][0]["code"]) for name, each in refusals.items()}
    assert found == {
        "no film": (False, "INVALID_INPUT"),
        "no words": (False, "INVALID_INPUT"),
        "no showtime": (False, "INVALID_INPUT"),
        "nonsense": (False, "INVALID_INPUT"),
        "too long": (False, "INVALID_INPUT"),
        "unknown film": (False, "NOT_FOUND"),
        "unknown showtime": (False, "NOT_FOUND"),
    }


async def test_words_searched_for_are_counted_without_whose_they_were(any_house: House) -> None:
    house = any_house
    for viewer, words in ((ANA, "Murnau"), (BEN, " murnau "), (ANONYMOUS, "MURNAU")):
        assert (await house.track(viewer, type="SEARCHED", text=words))["accepted"]
    async with house.database.read() as connection:
        rows = await connection.execute(select(DAILY_TRACKED.c.subject, DAILY_TRACKED.c.times))
    assert [tuple(row) for row in rows] == [("murnau", 3)]


async def test_a_visitor_who_tells_too_much_is_slowed_and_others_are_not(house: House) -> None:
    movie = await house.film()
    told = [await house.track(type="MOVIE_VIEWED", movieId=movie) for _ in range(EVENTS_PER_MINUTE + 5)]
    assert [each["accepted"] for each in told] == [True] * EVENTS_PER_MINUTE + [False] * 5
    assert told[-1]["errors"] == [{"code": "RATE_LIMITED", "path": None, "retryAfterSeconds": 1}]
    assert (await house.track(BEN, type="MOVIE_VIEWED", movieId=movie))["accepted"]
    house.clock.advance(timedelta(seconds=1))
    assert (await house.track(type="MOVIE_VIEWED", movieId=movie))["accepted"]
