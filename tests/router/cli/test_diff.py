"""`marquee-router diff`: which changes break clients, and files that are no supergraph."""

from __future__ import annotations

import json
from pathlib import Path

from tests.router.cli.commands import REVIEWS, run


def test_a_difference_that_breaks_clients_fails(people: Path) -> None:
    old, new = people.with_name("old.graphql"), people.with_name("new.graphql")
    run("compose", "--config", people, "-o", old)
    people.with_name("reviews.graphql").write_text(REVIEWS.replace("reviews: Int", "opinions: Int"))
    run("compose", "--config", people, "-o", new)
    compared = run("diff", old, new)
    assert compared.exit_code == 1
    assert "FIELD_REMOVED  Field User.reviews was removed." in compared.stdout
    assert "opinions" not in compared.stdout
    assert "opinions" in run("diff", old, new, "--all").stdout
    listed = json.loads(run("diff", old, new, "--json").stdout)
    assert listed["breaking"] == 1
    assert {change["code"] for change in listed["changes"]} >= {"FIELD_REMOVED", "FIELD_ADDED"}
    assert run("diff", new, new).exit_code == 0


def test_what_is_no_supergraph_cannot_be_compared(people: Path) -> None:
    refused = run("diff", people.with_name("users.graphql"), people.with_name("users.graphql"))
    assert refused.exit_code == 2
    assert "not a supergraph" in refused.stderr
