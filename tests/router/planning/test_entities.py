"""Entities: keys of every shape, hops over several subgraphs, requirements, what is provided."""

from __future__ import annotations

from marquee_router.planning.print_plan import print_plan
from tests.router.planning.graphs import Graph, fetches, subgraphs_of
from tests.router.planning.interpreter import Interpreter


def test_sibling_hops_to_one_subgraph_are_one_operation_and_a_plan_reads_as_text() -> None:
    graph = _shop()
    plan = graph.plan("query($a: Boolean!) { one { name price @include(if: $a) } two: one { name } }")
    assert print_plan(plan).splitlines() == [
        "QueryPlan {",
        "  Sequence {",
        "    Fetch catalog {",
        "      {",
        "        one {",
        "          __typename",
        "          upc",
        "          region",
        "        }",
        "        two: one {",
        "          __typename",
        "          upc",
        "          region",
        "        }",
        "      }",
        "    }",
        "    Entities details {",
        "      $r0: one => { __typename, upc, region }",
        "      $r1: two => { __typename, upc, region }",
        "      query ($r0: [_Any!]!, $r1: [_Any!]!, $a: Boolean!) {",
        "        e0: _entities(representations: $r0) {",
        "          ... on Product {",
        "            name",
        "            price @include(if: $a)",
        "          }",
        "        }",
        "        e1: _entities(representations: $r1) {",
        "          ... on Product {",
        "            name",
        "          }",
        "        }",
        "      }",
        "    }",
        "  }",
        "}",
    ]


def test_compound_keys_and_chained_requirements_reach_the_right_values() -> None:
    graph = _shop()
    answer = graph.answer("{ one { label price } many { label upc } }")
    assert answer["one"]["label"] == "label-1<estimate=estimate-1<price=10>>"
    assert subgraphs_of(graph.plan("{ one { label } }")) == ["catalog", "details", "shipping", "labels"]


def test_a_skipped_branch_is_never_fetched() -> None:
    graph = _shop()
    operation = "query($a: Boolean!) { one { upc label @include(if: $a) } }"
    assert graph.calls(operation, {"a": False}) == ["catalog"]
    assert sorted(graph.calls(operation, {"a": True})) == ["catalog", "details", "labels", "shipping"]


def test_a_null_key_stops_its_branch_quietly() -> None:
    graph = _shop()
    graph.world.root["many"][1]["region"] = None
    answer = graph.answer("{ many { upc } }")
    assert [item["upc"] for item in answer["many"]] == ["p2", "p3"]
    plan = graph.plan("{ many { name } }")
    interpreter = Interpreter(graph.supergraph.api_schema, graph.world.subgraphs)
    assert interpreter.run(plan, {}) == {"many": [{"name": "name-2"}, {"name": None}]}
    assert interpreter.errors == []


def test_arguments_of_a_requirement_are_kept_apart_from_the_clients() -> None:
    item = {"__typename": "Item", "id": "1", "cost": "cost", "fee": "fee"}
    graph = Graph(
        {
            "a": """type Query { item: Item }
                    type Item @key(fields: "id") { id: ID! cost(currency: String): String }""",
            "b": """type Item @key(fields: "id") { id: ID! cost(currency: String): String @external
                    fee: String @requires(fields: "cost(currency: \\"EUR\\")") }""",
        },
        {"item": item},
        [item],
    )
    answer = graph.answer('{ item { cost(currency: "USD") fee } }')
    assert answer["item"] == {"cost": "cost(currency:USD)", "fee": "fee<cost=cost(currency:EUR)>"}


def test_the_client_may_take_the_key_s_name_for_another_field() -> None:
    answer = _shop().answer("{ one { upc: region name price __typename t: __typename } __typename }")
    assert answer["one"]["upc"] == "eu"
    assert answer["one"]["t"] == "Product"


def test_nested_and_list_keys_are_sent_as_they_are() -> None:
    owner = {"__typename": "Owner", "id": "o1"}
    parts = [{"__typename": "Part", "id": f"p{n}"} for n in range(2)]
    kit = {"__typename": "Kit", "owner": owner, "parts": parts, "name": "kit", "size": 3}
    key = '@key(fields: "owner { id } parts { id }")'
    values = "type Owner @shareable { id: ID! } type Part @shareable { id: ID! }"
    graph = Graph(
        {
            "a": f"""type Query {{ kit: Kit }} {values}
                     type Kit {key} {{ owner: Owner! parts: [Part!]! name: String }}""",
            "b": f"type Kit {key} {{ owner: Owner! parts: [Part!]! size: Int }} {values}",
        },
        {"kit": kit},
        [kit],
    )
    assert graph.answer("{ kit { size name } }") == {"kit": {"size": 3, "name": "kit"}}


def test_a_key_known_only_elsewhere_is_fetched_on_the_way() -> None:
    user = {"__typename": "User", "id": "1", "email": "e", "name": "n"}
    graph = Graph(
        {
            "a": 'type Query { user: User } type User @key(fields: "id") { id: ID! }',
            "b": 'type User @key(fields: "id") @key(fields: "email") { id: ID! email: String! }',
            "c": 'type User @key(fields: "email") { email: String! name: String }',
        },
        {"user": user},
        [user],
    )
    assert graph.answer("{ user { name } }") == {"user": {"name": "n"}}
    assert subgraphs_of(graph.plan("{ user { name } }")) == ["a", "b", "c"]


def test_a_provided_field_is_read_there_and_only_there() -> None:
    user = {"__typename": "User", "id": "1", "name": "n"}
    graph = Graph(
        {
            "a": """type Query { near: User @provides(fields: "name") far: User }
                    type User @key(fields: "id") { id: ID! name: String @external }""",
            "b": 'type User @key(fields: "id") { id: ID! name: String @shareable }',
        },
        {"near": user, "far": user},
        [user],
    )
    assert subgraphs_of(graph.plan("{ near { name } }")) == ["a"]
    assert subgraphs_of(graph.plan("{ far { name } }")) == ["a", "b"]
    graph.answer("{ near { name } far { name } }")


def test_an_object_without_key_is_reached_again_through_its_parent() -> None:
    profile = {"__typename": "Profile", "bio": "b", "score": 7}
    user = {"__typename": "User", "id": "1", "profile": profile}
    graph = Graph(
        {
            "a": """type Query { user: User }
                    type User @key(fields: "id") { id: ID! profile: Profile @shareable }
                    type Profile { bio: String }""",
            "b": """type User @key(fields: "id") { id: ID! profile: Profile @shareable }
                    type Profile { score: Int }""",
        },
        {"user": user},
        [user],
    )
    assert graph.answer("{ user { profile { bio score } } }")["user"]["profile"] == {"bio": "b", "score": 7}
    assert subgraphs_of(graph.plan("{ user { profile { bio score } } }")) == ["a", "b"]


def test_progressive_override_follows_its_label() -> None:
    user = {"__typename": "User", "id": "1", "name": "n"}
    graph = Graph(
        {
            "a": 'type Query { user: User } type User @key(fields: "id") { id: ID! name: String }',
            "b": """type User @key(fields: "id") { id: ID!
                    name: String @override(from: "a", label: "percent(50)") }""",
        },
        {"user": user},
        [user],
    )
    assert graph.supergraph.override_labels == {"percent(50)"}
    assert subgraphs_of(graph.plan("{ user { name } }")) == ["a"]
    assert subgraphs_of(graph.plan("{ user { name } }", ["percent(50)"])) == ["a", "b"]


def test_a_progressive_override_of_a_field_that_its_old_subgraph_needs_follows_its_label_too() -> None:
    user = {"__typename": "User", "__interfaces": ("Named",), "id": "1", "name": "n", "hello": "h"}
    graph = Graph(
        {
            "a": """type Query { user: User named: Named } interface Named { name: String }
                    type User implements Named @key(fields: "id") { id: ID! name: String }""",
            "b": """type User @key(fields: "id") { id: ID!
                    name: String @override(from: "a", label: "percent(50)") }""",
        },
        {"user": user, "named": user},
        [user],
    )
    for root in ("user", "named"):
        operation = f"{{ {root} {{ name }} }}"
        graph.answer(operation)
        graph.answer(operation, labels=["percent(50)"])
        assert subgraphs_of(graph.plan(operation)) == ["a"]
        assert subgraphs_of(graph.plan(operation, ["percent(50)"])) == ["a", "b"]


def test_only_used_variables_are_declared() -> None:
    graph = _shop()
    plan = graph.plan(
        "query($a: Boolean!, $b: Boolean = true) { one { name @skip(if: $a) upc region @skip(if: $b) } }"
    )
    first, second = fetches(plan.node)
    assert (first.variables, second.variables) == (("a", "b"), ())
    assert "$b:Boolean = true" in first.operation


def _shop() -> Graph:
    products = [
        {
            "__typename": "Product",
            "upc": f"p{n}",
            "region": "eu",
            "name": f"name-{n}",
            "price": n * 10,
            "estimate": f"estimate-{n}",
            "label": f"label-{n}",
        }
        for n in range(1, 4)
    ]
    key = '@key(fields: "upc region") { upc: ID! region: String'
    return Graph(
        {
            "catalog": f"type Query {{ one: Product many: [Product] }} type Product {key} }}",
            "details": f"type Product {key} name: String price: Int }}",
            "shipping": f"""type Product {key} price: Int @external
                            estimate: String @requires(fields: "price") }}""",
            "labels": f"""type Product {key} estimate: String @external
                          label: String @requires(fields: "estimate") }}""",
        },
        {"one": products[0], "many": products[1:]},
        products,
    )
