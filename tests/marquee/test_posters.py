"""What is accepted as a poster, the page may show: its address and the page's policy agree."""

from __future__ import annotations

import pytest

from marquee.pages import PAGE_POLICY
from marquee.resources import CHECKOUT, STATIC
from marquee_subgraphs.movies.domain import NO_POSTER
from tests.marquee.running import Cinema

pytestmark = pytest.mark.asyncio(loop_scope="session")
MOVIES = "{ movies(first: 100) { nodes { posterUrl } } }"


def _images(policy: str) -> set[str]:
    """The sources of images that a policy allows."""
    [allowed] = [each.split()[1:] for each in policy.split("; ") if each.startswith("img-src ")]
    return set(allowed)


async def test_the_page_may_show_paths_and_https_addresses_and_no_others(cinema: Cinema) -> None:
    async with cinema.guest() as guest, guest.session.get(f"{cinema.url}/") as page:
        assert _images(page.headers["content-security-policy"]) == {"'self'", "data:", "https:"}


async def test_every_poster_of_the_demo_is_served(cinema: Cinema) -> None:
    async with cinema.guest() as guest:
        urls = {node["posterUrl"] for node in (await guest.get(MOVIES))["movies"]["nodes"]}
        assert urls
        for path in (*urls, NO_POSTER):
            async with guest.session.get(f"{cinema.url}{path}") as answer:
                assert (answer.status, answer.content_type) == (200, "image/svg+xml"), path
    assert (STATIC / NO_POSTER.removeprefix("/static/")).is_file()


async def test_nginx_sends_the_same_policy() -> None:
    template = CHECKOUT / "deploy" / "nginx" / "templates" / "marquee.locations.template"
    assert f'add_header Content-Security-Policy "{PAGE_POLICY}" always;' in template.read_text()
