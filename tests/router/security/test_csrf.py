"""CSRF protection: what a page of another origin can send is refused, everything else passes."""

from __future__ import annotations

import pytest

from marquee_router.config.model import Cors, Csrf
from marquee_router.security.csrf import SIMPLE_MEDIA_TYPES, CsrfProtection, CsrfRefused, origin_may_connect

FORM = "multipart/form-data"
PREFLIGHT = {"graphql-require-preflight": "1"}


@pytest.mark.parametrize("media_type", sorted(SIMPLE_MEDIA_TYPES))
def test_a_media_type_that_needs_no_preflight_is_refused(media_type: str) -> None:
    with pytest.raises(CsrfRefused):
        CsrfProtection(Csrf(), uploads=False).check_post(media_type, PREFLIGHT)


@pytest.mark.parametrize("media_type", ["application/json", "application/graphql", "text/html"])
def test_a_media_type_that_needs_a_preflight_passes(media_type: str) -> None:
    CsrfProtection(Csrf(), uploads=False).check_post(media_type, {})


def test_an_upload_form_needs_a_header_that_forces_a_preflight() -> None:
    csrf = CsrfProtection(Csrf(), uploads=True)
    csrf.check_post(FORM, PREFLIGHT)
    with pytest.raises(CsrfRefused, match="graphql-require-preflight"):
        csrf.check_post(FORM, {"graphql-require-preflight": ""})


def test_nothing_is_refused_when_it_is_switched_off() -> None:
    CsrfProtection(Csrf(enabled=False), uploads=False).check_post("text/plain", {})


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("https://marquee.example", True),
        ("https://partner.example", True),
        ("https://evil.example", False),
    ],
)
def test_with_cookies_a_socket_is_opened_only_from_a_known_origin(origin: str | None, allowed: bool) -> None:
    headers = {"host": "marquee.example", **({"origin": origin} if origin else {})}
    assert origin_may_connect(headers, Cors(origins=("https://partner.example",)), cookies=True) is allowed


def test_without_cookies_any_page_may_open_a_socket() -> None:
    headers = {"host": "marquee.example", "origin": "https://evil.example"}
    assert origin_may_connect(headers, Cors(), cookies=False)
