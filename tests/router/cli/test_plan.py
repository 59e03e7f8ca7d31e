"""`marquee-router plan`: plans as text and JSON, and what is wrong with an operation, with its lines."""

from __future__ import annotations

import json
from pathlib import Path

from tests.router.cli.commands import compose, refusal, run


def test_a_plan_is_printed_as_text_and_as_json(graph: Path) -> None:
    supergraph, operation = graph / "supergraph.graphql", graph / "operation.graphql"
    compose(graph, "-o", str(supergraph))
    plan = ("plan", "--supergraph", str(supergraph), "--operation", str(operation))
    text = run(*plan).stdout
    assert text.startswith("QueryPlan {")
    assert "products" in text
    assert "prices" in text
    shown = json.loads(run(*plan, "--format", "json").stdout)
    assert shown["kind"] == "Sequence"


def test_what_is_wrong_with_an_operation_is_shown_with_its_line(graph: Path) -> None:
    supergraph, operation = graph / "supergraph.graphql", graph / "operation.graphql"
    compose(graph, "-o", str(supergraph))
    plan = ("plan", "--supergraph", str(supergraph), "--operation", str(operation))
    operation.write_text("{\n  product(id: 1) {\n    nme\n    nosuch }\n}")
    first, second = refusal(*plan).split("\n\n")
    assert first.splitlines() == [
        "error[GRAPHQL_VALIDATION_FAILED]: Cannot query field 'nme' on type 'Product'. Did you mean 'name'?",
        f" --> {operation}:3:5",
        "  |",
        "3 |     nme",
        "  |     ^^^",
    ]
    assert f" --> {operation}:4:5" in second
    operation.write_text("{\n  product(id: 1) {\n    name }}\n}")
    syntax = refusal(*plan).splitlines()
    assert syntax[0].startswith("error[GRAPHQL_PARSE_FAILED]: Syntax Error: ")
    assert syntax[1:] == [f" --> {operation}:4:1", "  |", "4 | }", "  | ^"]
    operation.write_text("query A { product(id: 1) { name } } query B { __typename }")
    assert str(operation) in refusal(*plan)
    assert '"C"' in refusal(*plan, "--name", "C")
    operation.write_bytes(b"{ products\xff }")
    assert f"{operation}: not UTF-8" in refusal(*plan)


def test_an_operation_that_cannot_be_planned_is_shown_with_its_name_and_line(graph: Path) -> None:
    supergraph, operation = graph / "supergraph.graphql", graph / "operation.graphql"
    compose(graph, "-o", str(supergraph))
    text = supergraph.read_text()
    supergraph.write_text(text.replace('@join__type(graph: PRICES, key: "id")', "@join__type(graph: PRICES)"))
    plan = ("plan", "--supergraph", str(supergraph), "--operation", str(operation))
    operation.write_text(
        "query Other { __typename }\n"
        "query Shop { found: product(id: 1) { name ...Priced } }\n"
        "fragment Priced on Product {\n  ... { cost: price }\n}"
    )
    said = refusal(*plan, "--name", "Shop").splitlines()
    assert said[0].startswith('error[QUERY_PLANNING_FAILED]: No subgraph can answer "Product.price"')
    assert said[1] == "  in the query Shop"
    assert said[2:] == [f" --> {operation}:4:9", "  |", "4 |   ... { cost: price }", "  |         ^^^^"]
    assert "Choose one by --name: Other, Shop." in refusal(*plan)
    operation.write_text("\n{ product(id: 1) { " + "__typename @skip(if: true) " * 3 + "price } }")
    anonymous = refusal(*plan).splitlines()
    assert anonymous[1] == "  in the query without a name"
    assert anonymous[2].startswith(f" --> {operation}:2:")


def test_without_a_supergraph_it_names_the_option(graph: Path) -> None:
    assert "--supergraph" in refusal("plan", "--operation", graph / "operation.graphql")
