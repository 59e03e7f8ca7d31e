"""The films of the demo programme, read from `films.yaml` beside this file. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Film:
    """One film, with its Spanish title and synopsis."""

    slug: str
    """Names the poster: `/posters/<slug>.svg`."""
    title: str
    original_title: str
    spanish_title: str
    released: date
    runtime_minutes: int
    language: str
    """BCP 47; `zxx` for a film without speech."""
    certificate: str
    genres: list[str]
    directors: list[str]
    cast: list[str]
    synopsis: str
    spanish_synopsis: str

    def to_input(self) -> dict[str, Any]:
        """The input of `createMovie`."""
        return {
            "title": self.title,
            "originalTitle": self.original_title,
            "synopsis": self.synopsis,
            "runtimeMinutes": self.runtime_minutes,
            "genres": self.genres,
            "certificate": self.certificate,
            "releaseDate": self.released.isoformat(),
            "language": self.language,
            "directors": self.directors,
            "cast": self.cast,
            "posterUrl": f"/posters/{self.slug}.svg",
            "translations": [
                {"locale": "ES", "title": self.spanish_title, "synopsis": self.spanish_synopsis}
            ],
        }


def load_films() -> list[Film]:
    """All films, oldest first."""
    text = resources.files("marquee.demo").joinpath("films.yaml").read_text(encoding="utf-8")
    return sorted((Film(**film) for film in yaml.safe_load(text)), key=lambda film: film.released)
