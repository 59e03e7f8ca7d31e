"""What things are called in each language, where the other subgraphs say it by a code. Pure."""

from __future__ import annotations

from typing import Final

from marquee_subgraphs.kit.locale import Locale

MONTHS: Final = {
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
    """What members read; the code itself when it is none that we know."""
    return _TIERS.get(code.upper(), {}).get(locale, code)


def role_name(code: str, locale: Locale) -> str:
    """What staff read; the code itself when it is none that we know."""
    return _ROLES.get(code.lower(), {}).get(locale, code)
