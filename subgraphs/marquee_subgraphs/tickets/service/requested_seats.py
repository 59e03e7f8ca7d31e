"""The seats that a request names: ids are checked for form, labels against the layout."""

from __future__ import annotations

from collections.abc import Sequence

from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.refusals import InvalidInput
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.hall import Hall
from marquee_subgraphs.tickets.domain.identifiers import is_askable, read_seat_id
from marquee_subgraphs.tickets.domain.layout import Layout
from marquee_subgraphs.tickets.errors import SeatsUnavailable, TooManySeats


def labels_of(seat_ids: Sequence[str], showtime_id: str, *, most: int) -> list[str]:
    """Return the labels of seats of one showtime: `sht_1:A3` is A3. Raises `InvalidInput`, `TooManySeats`."""
    if len(seat_ids) > most:
        raise TooManySeats(most)
    labels: list[str] = []
    with InputCheck() as check:
        if not is_askable(showtime_id):
            check.problem("showtimeId", "is not a valid id")
        check.count("seatIds", list(seat_ids), most=most)
        for seat_id in seat_ids:
            seat = read_seat_id(seat_id)
            if seat is None or seat[0] != showtime_id:
                check.problem("seatIds", "names something that is no seat of this showtime")
                break
            labels.append(seat[1])
    return labels


def require_seats(layout: Layout, labels: Sequence[str], *, field: str = "seatIds") -> list[str]:
    """Return the labels in the order of the room. Raises `InvalidInput` when the room lacks one."""
    if any(label not in layout for label in labels):
        raise InvalidInput("names something that is no seat of this showtime", ["input", field])
    return layout.sort(labels)


def unavailable(hall: Hall, taken: Sequence[str], count: int, viewer: Viewer, lot: str) -> SeatsUnavailable:
    """Return the refusal of seats that are `taken`, with `count` others as far as the room has them.

    `hall` knows all seats of the room; `lot` spreads people who ask at the same time over the alternatives.
    """
    alternatives = seating.choose_apart(hall.layout, hall.free() - set(taken), count, lot)
    return SeatsUnavailable(hall.views(taken, viewer.user_id), hall.views(alternatives, viewer.user_id))
