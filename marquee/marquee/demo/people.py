"""Demo customers who write reviews, read from `people.yaml` beside this file. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class Opinion:
    """One review of a film."""

    film: str
    """A slug of `films.yaml`."""
    rating: int
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Critic:
    """A demo customer with reviews."""

    name: str
    email: str
    locale: str
    reviews: tuple[Opinion, ...]


def load_critics() -> list[Critic]:
    """All of them."""
    text = resources.files("marquee.demo").joinpath("people.yaml").read_text(encoding="utf-8")
    return [
        Critic(each["name"], each["email"], each["locale"], tuple(Opinion(**one) for one in each["reviews"]))
        for each in yaml.safe_load(text)
    ]
