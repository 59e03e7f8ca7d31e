"""`marquee-router compose`: findings with their lines, watching, contracts, drift."""

from __future__ import annotations

from pathlib import Path

from tests.router.cli.commands import PRICES, REVIEWS, USERS, compose, refusal, run


def test_a_problem_shows_the_lines_it_is_about(people: Path) -> None:
    reviews = people.with_name("reviews.graphql")
    reviews.write_text(REVIEWS.replace("reviews: Int", "mail: Int"))
    refused = run("compose", "--config", people)
    assert refused.exit_code == 1
    assert "error[FIELD_TYPE_MISMATCH]" in refused.stderr
    lines = refused.stderr.splitlines()
    shown = lines.index(" --> " + f"{reviews} (reviews):4:3")
    assert lines[shown + 2] == "4 |   mail: Int"
    assert lines[shown + 3] == "  |   ^^^^"
    assert "2 errors" in lines[-1]


def test_a_hint_is_shown_and_is_no_refusal(people: Path) -> None:
    people.with_name("users.graphql").write_text(USERS + "type Alone { a: Int }\nenum Unused { A }\n")
    finished = run("compose", "--config", people, "-o", people.with_name("supergraph.graphql"))
    assert finished.exit_code == 0
    assert "hint[UNUSED_ENUM_TYPE]" in finished.stderr


def test_a_contract_hides_by_tag(people: Path) -> None:
    finished = run("compose", "--config", people, "--exclude-tag", "x")
    assert finished.exit_code == 0
    assert "@inaccessible" in next(line for line in finished.stdout.splitlines() if "mail" in line)


def test_watching_and_checking_exclude_each_other(people: Path) -> None:
    refused = run("compose", "--config", people, "--watch", "--check")
    assert refused.exit_code == 2
    assert "--watch" in refused.stderr


def test_subgraphs_that_fit_are_composed_and_drift_is_seen(graph: Path) -> None:
    output = graph / "supergraph.graphql"
    fine = {"ok": True, "errors": [], "hints": []}
    assert compose(graph, "-o", str(output)) == (0, fine)
    text = output.read_text()
    assert "join__Graph" in text
    assert compose(graph, "-o", str(output), "--check") == (0, fine)
    (graph / "prices.graphql").write_text(PRICES.replace("Int!", "Int"))
    code, verdict = compose(graph, "-o", str(output), "--check")
    assert (code, verdict["ok"]) == (1, False)
    assert [error["code"] for error in verdict["errors"]] == ["SUPERGRAPH_DRIFT"]
    assert output.read_text() == text, "a check writes nothing"


def test_subgraphs_that_do_not_fit_are_told_why_and_where(graph: Path) -> None:
    (graph / "prices.graphql").write_text(PRICES.replace("price:", "name: Int! price:"))
    code, verdict = compose(graph)
    assert (code, verdict["ok"], verdict["hints"]) == (1, False, [])
    mismatch = next(error for error in verdict["errors"] if error["code"] == "FIELD_TYPE_MISMATCH")
    assert "Product.name" in mismatch["message"]
    assert {location.split(":")[0] for location in mismatch["locations"]} == {"products", "prices"}
    finished = run("compose", "--config", str(graph / "graph.yaml"))
    assert finished.exit_code == 1
    assert "error[FIELD_TYPE_MISMATCH]: " in finished.stderr


def test_a_list_of_subgraphs_that_cannot_be_read_is_named_with_its_line(graph: Path) -> None:
    assert "nosuch.yaml" in refusal("compose", "--config", str(graph / "nosuch.yaml"))
    (graph / "graph.yaml").write_text("subgraphs: {\n  products: [\n")
    assert "graph.yaml:3" in refusal("compose", "--config", str(graph / "graph.yaml"))
