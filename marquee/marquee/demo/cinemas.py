"""The demo cinemas and their rooms: three layouts, two time zones, two currencies. Data only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Room:
    """An auditorium as `createAuditorium` takes it."""

    name: str
    rows: Sequence[tuple[str, int]]
    premium: Sequence[str] = ()
    wheelchairs: Sequence[str] = ()
    companions: Mapping[str, str] = field(default_factory=dict)
    curved: bool = False
    screen_format: str = "TWO_D"

    def to_input(self, cinema_id: str) -> dict[str, Any]:
        """The mutation's input."""
        kinds = {"PREMIUM": self.premium, "WHEELCHAIR": self.wheelchairs}
        return {
            "cinemaId": cinema_id,
            "name": self.name,
            "rows": [{"label": label, "seats": seats} for label, seats in self.rows],
            "kinds": [{"seat": seat, "kind": kind} for kind, seats in kinds.items() for seat in seats],
            "companions": [
                {"seat": seat, "wheelchair": wheelchair} for seat, wheelchair in self.companions.items()
            ],
            "curved": self.curved,
        }


@dataclass(frozen=True, slots=True)
class House:
    """A cinema as `createCinema` takes it, what a seat costs there, and its rooms."""

    name: str
    city: str
    address: str
    time_zone: str
    currency: str
    prices: tuple[str, str]
    """The price from Monday to Thursday, and from Friday to Sunday."""
    rooms: Sequence[Room]

    def to_input(self) -> dict[str, Any]:
        """The mutation's input."""
        return {
            "name": self.name,
            "city": self.city,
            "address": self.address,
            "timeZone": self.time_zone,
            "currency": self.currency,
        }


def _rows(*seats: int) -> list[tuple[str, int]]:
    return list(zip(ascii_uppercase, seats, strict=False))


def _whole_rows(rows: Sequence[tuple[str, int]], labels: str) -> list[str]:
    return [f"{label}{number}" for label, seats in rows if label in labels for number in range(1, seats + 1)]


_PLAIN = _rows(20, 20, 20, 20, 20)
_CURVED = _rows(12, 14, 15, 16, 17, 18, 18, 18)
_BAYS = _rows(10, 14, 14, 14, 14, 14, 14)

HOUSES: Final = (
    House(
        name="Marquee Barranco",
        city="Lima",
        address="Avenida Grau 211, Barranco",
        time_zone="America/Lima",
        currency="PEN",
        prices=("18.00", "24.00"),
        rooms=(
            Room("Sala 1", _PLAIN, premium=_whole_rows(_PLAIN, "E")),
            Room("Sala 2", _CURVED, premium=_whole_rows(_CURVED, "GH"), curved=True, screen_format="IMAX"),
        ),
    ),
    House(
        name="Marquee Lavapiés",
        city="Madrid",
        address="Calle de Argumosa 14",
        time_zone="Europe/Madrid",
        currency="EUR",
        prices=("7.50", "9.90"),
        rooms=(
            Room(
                "Sala Doré",
                _BAYS,
                premium=_whole_rows(_BAYS, "F"),
                wheelchairs=("A1", "A10"),
                companions={"A2": "A1", "A9": "A10"},
            ),
            Room("Sala Buñuel", _PLAIN),
        ),
    ),
)
