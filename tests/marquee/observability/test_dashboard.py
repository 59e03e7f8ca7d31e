"""Every panel asks for what there is: a real Prometheus scrapes a cinema in which a ticket was bought."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import yaml

from tests.eventually import eventually
from tests.marquee.observability.prometheus import RULES, Prometheus, program, scraping
from tests.marquee.running import ROOT, Cinema, showtimes

DASHBOARD: Final[dict[str, Any]] = json.loads(
    (ROOT / "deploy" / "grafana" / "dashboards" / "marquee.json").read_text()
)
MAY_BE_EMPTY: Final = {
    "At the door",  # there are no admissions before the film
    "Connections at work B",  # SQLite has no bound
    "Dead letters",
    "Points",  # its customer is no member
    "Requests that did not end well",
    "Revenue B",  # of refunds, which are on their way
    "Subscriptions started",
}


def _panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def _queries() -> dict[str, str]:
    """By the panel's title, and the query's letter when it is not the first."""
    found: dict[str, str] = {}
    for panel in _panels():
        for target in panel["targets"]:
            suffix = "" if target["refId"] == "A" else f" {target['refId']}"
            found[panel["title"] + suffix] = target["expr"].replace("$__rate_interval", "1m")
    return found


def test_the_dashboard_has_the_shape_that_grafana_reads() -> None:
    provisioned = ROOT / "deploy" / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioned / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert DASHBOARD["schemaVersion"] >= 36
    assert DASHBOARD["uid"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    titles = [panel["title"] for panel in _panels()]
    assert len(titles) == len(set(titles))
    for panel in _panels():
        assert panel["datasource"] == {"type": "prometheus", "uid": source["uid"]}
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        letters = [target["refId"] for target in panel["targets"]]
        assert letters, panel["title"]
        assert len(letters) == len(set(letters))


async def _buy_and_cancel(cinema: Cinema) -> None:
    async with cinema.guest() as guest:
        ana = await guest.register(f"ana.{uuid4().hex}@example.com")
        showtime = (await showtimes(ana, 20))[-1]["id"]
        order = await ana.order(await ana.hold(showtime, await ana.best(showtime, 2)))
        assert (await ana.pay(order))["errors"] == []
        assert "errors" in await ana.ask("{ no such field }")


async def _have_data(prometheus: Prometheus, queries: dict[str, str]) -> list[str]:
    """Those that still answer nothing after some scrapes."""
    empty = list(queries)

    async def have_all() -> bool:
        empty[:] = [title for title in empty if not await prometheus.query(queries[title])]
        return not empty

    with suppress(TimeoutError):
        await eventually(have_all, seconds=30, every=0.5)
    return empty


async def test_every_panel_shows_a_purchase(tmp_path: Path) -> None:
    program("prometheus")
    async with (
        Cinema(tmp_path / "data") as cinema,
        scraping(tmp_path, urlsplit(cinema.url).netloc) as prometheus,
    ):
        # Rates and increases begin with the second sample of a series.
        await _buy_and_cancel(cinema)
        queries = _queries()
        empty = await _have_data(
            prometheus, {title: query for title, query in queries.items() if title not in MAY_BE_EMPTY}
        )
        assert empty == []
        for title in MAY_BE_EMPTY:
            await prometheus.query(queries[title])
        (sold,) = await prometheus.query('marquee_seats_total{change="sold"}')
        assert float(sold["value"][1]) >= 2
        rules = (await prometheus.ask("rules"))["groups"][0]["rules"]
        assert {rule["health"] for rule in rules} == {"ok"}, rules
        firing = [rule["name"] for rule in rules if rule["state"] == "firing"]
        assert firing == []


def test_the_alerts_ask_for_metrics_that_exist() -> None:
    named = set(re.findall(r"\b(?:marquee|router)_[a-z_]+", RULES.read_text()))
    guide = (ROOT / "docs" / "guides" / "observability.md").read_text()
    for name in named:
        assert re.sub(r"_(bucket|count|sum)$", "", name) in guide, name


def test_the_alerts_fire_when_they_should() -> None:
    promtool = program("promtool")
    for arguments in (
        ["check", "config", "--lint=all", "prometheus.yml"],
        ["test", "rules", "alerts_test.yml"],
    ):
        finished = subprocess.run(
            [promtool, *arguments], cwd=RULES.parent, capture_output=True, text=True, check=False
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
