"""Words in each language for the codes of other subgraphs, and moments as people read them. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from marquee_subgraphs.kit.locale import Locale

_MONTHS: Final = {
    Locale.ES: ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
    Locale.EN: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
_TIERS: Final = {
    "BRONZE": {Locale.ES: "Bronce", Locale.EN: "Bronze"},
    "SILVER": {Locale.ES: "Plata", Locale.EN: "Silver"},
    "GOLD": {Locale.ES: "Oro", Locale.EN: "Gold"},
    "PLATINUM": {Locale.ES: "Platino", Locale.EN: "Platinum"},
}
_ROLES: Final = {
    "customer": {Locale.ES: "cliente", Locale.EN: "customer"},
    "box_office": {Locale.ES: "boletería", Locale.EN: "box office"},
    "manager": {Locale.ES: "gerencia", Locale.EN: "manager"},
    "admin": {Locale.ES: "administración", Locale.EN: "administrator"},
}


def tier_name(code: str, locale: Locale) -> str:
    """Return the name of a tier, as `Gold` for `GOLD`; the code itself when it is unknown."""
    return _TIERS.get(code.upper(), {}).get(locale, code)


def role_name(code: str, locale: Locale) -> str:
    """Return the name of a role, as `box office`; the code itself when it is unknown."""
    return _ROLES.get(code.lower(), {}).get(locale, code)


def locale_of(code: str | None) -> Locale:
    """Return the language of an event's `locale`; Spanish when it is missing or unknown."""
    known = {locale.value: locale for locale in Locale}
    return known.get((code or "").lower(), Locale.ES)


def local_time(at: datetime, time_zone: str, locale: Locale) -> str:
    """Return a moment by the clock in the cinema: `24 nov 2026, 20:30`."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {_MONTHS[locale][local.month - 1]} {local.year}, {local:%H:%M}"
