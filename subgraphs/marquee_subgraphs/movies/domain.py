"""Pure rules of films: their facts, their texts in two languages, and which values are valid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.validation import InputCheck

FIRST_FILM: Final = date(1888, 10, 14)
LONGEST_MINUTES: Final = 1_440
MOST_GENRES: Final = 10
MOST_PEOPLE: Final = 60
NO_POSTER: Final = "/static/posters/none.svg"
# A poster is an image, never a script: "javascript:alert(1)" and quotes match neither form.
# "//host/a.png" is no path on this site, though it begins as one. The page's Content-Security-Policy allows
# both forms.
_POSTER: Final = re.compile(r"/(?!/)[A-Za-z0-9/_.-]{1,190}|https://[^\s\"<>\\]{4,400}")


class MovieStatus(StrEnum):
    """Whether a film can be scheduled."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


@dataclass(frozen=True, slots=True)
class Translation:
    """A film's title and synopsis in one language."""

    locale: Locale
    title: str
    synopsis: str


@dataclass(frozen=True, slots=True)
class MovieFacts:
    """The facts of a film that managers write."""

    title: str
    original_title: str
    synopsis: str
    runtime_minutes: int
    genres: tuple[str, ...]
    certificate: str
    release_date: date
    language: str
    directors: tuple[str, ...]
    cast: tuple[str, ...]
    poster_url: str
    translations: tuple[Translation, ...]


@dataclass(frozen=True, slots=True)
class MovieRecord:
    """A film as stored; `version` counts its changes from 1."""

    id: str
    version: int
    status: MovieStatus
    facts: MovieFacts

    def title(self, locale: Locale | None) -> str:
        """Return the title in `locale`, or the film's own title without a translation."""
        translation = self._translation(locale)
        return self.facts.title if translation is None else translation.title

    def synopsis(self, locale: Locale | None) -> str:
        """Return the synopsis in `locale`, or the film's own synopsis without a translation."""
        translation = self._translation(locale)
        return self.facts.synopsis if translation is None else translation.synopsis

    def _translation(self, locale: Locale | None) -> Translation | None:
        return next((each for each in self.facts.translations if each.locale is locale), None)


class MovieSort(StrEnum):
    """The orders in which films can be listed."""

    TITLE = "TITLE"
    RELEASE_DATE_ASC = "RELEASE_DATE_ASC"
    RELEASE_DATE_DESC = "RELEASE_DATE_DESC"
    RUNTIME = "RUNTIME"


@dataclass(frozen=True, slots=True)
class MovieQuery:
    """Which films to list; None allows any value."""

    text: str | None = None
    genre: str | None = None
    language: str | None = None
    released_after: date | None = None
    released_before: date | None = None
    status: MovieStatus | None = MovieStatus.ACTIVE


def check_facts(facts: MovieFacts, check: InputCheck) -> MovieFacts:
    """Return the facts with cleaned texts; every problem is added to `check`."""
    title = check.text("title", facts.title, most=300)
    if not 1 <= facts.runtime_minutes <= LONGEST_MINUTES:
        check.problem("runtimeMinutes", f"must be between 1 and {LONGEST_MINUTES}")
    if facts.release_date < FIRST_FILM:
        check.problem("releaseDate", "is before the first film")
    if not _POSTER.fullmatch(facts.poster_url):
        check.problem("posterUrl", "is a path on this site or an https URL")
    if len({each.locale for each in facts.translations}) != len(facts.translations):
        check.problem("translations", "must not name a language twice")
    return MovieFacts(
        title=title,
        original_title=check.optional_text("originalTitle", facts.original_title, most=300) or title,
        synopsis=check.text("synopsis", facts.synopsis, most=4_000, multiline=True),
        runtime_minutes=facts.runtime_minutes,
        genres=_names("genres", facts.genres, check, least=1, most=MOST_GENRES, length=40),
        certificate=check.text("certificate", facts.certificate, most=20),
        release_date=facts.release_date,
        language=check.language("language", facts.language),
        directors=_names("directors", facts.directors, check, least=1, most=MOST_PEOPLE),
        cast=_names("cast", facts.cast, check, least=0, most=MOST_PEOPLE),
        poster_url=facts.poster_url,
        translations=tuple(
            Translation(
                each.locale,
                check.text(f"translations.{index}.title", each.title, most=300),
                check.text(f"translations.{index}.synopsis", each.synopsis, most=4_000, multiline=True),
            )
            for index, each in enumerate(facts.translations[: len(Locale)])
        ),
    )


def _names(
    field: str, names: tuple[str, ...], check: InputCheck, *, least: int, most: int, length: int = 120
) -> tuple[str, ...]:
    counted = check.count(field, list(names), least=least, most=most)
    return tuple(check.text(f"{field}.{index}", name, most=length) for index, name in enumerate(counted))
