"""The whole engine on nulls among entities, shared values, mutations and skipped branches."""

from __future__ import annotations

from typing import Any

from tests.router.execution.world_transport import Federation

LINK = """
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key", "@shareable", "@interfaceObject"]
)
"""


def garage() -> Federation:
    """Cars, of which two subgraphs each know a part of every wheel."""
    wheels = [{"__typename": "Wheel", "side": side, "worn": number} for number, side in enumerate("lr")]
    cars: list[dict[str, Any]] = [
        {"__typename": "Car", "id": "1", "wheels": wheels, "spare": None, "owner": "Ann"},
        {"__typename": "Car", "id": "2", "wheels": [None, wheels[0]], "spare": wheels[1], "owner": "Ben"},
        {"__typename": "Car", "id": "3", "wheels": None, "spare": None, "owner": None},
    ]
    car = 'type Car @key(fields: "id") { id: ID! wheels: [Wheel] @shareable spare: Wheel @shareable'
    return Federation(
        {
            "a": LINK
            + f"""type Query {{ cars: [Car] all: [Car] @shareable }} type Wheel {{ side: String }}
                  type Mutation {{ repair: Car wash: Car }} {car} }}""",
            "b": LINK
            + f"type Query {{ all: [Car] @shareable }} type Wheel {{ worn: Int }} {car} owner: String }}",
        },
        {
            "cars": [cars[0], None, cars[1], cars[2]],
            "all": [*cars, None],
            "repair": cars[0],
            "wash": cars[1],
        },
        cars,
    )


async def test_shared_values_are_merged_by_index_around_nulls() -> None:
    graph = garage()
    answer = await graph.ask("{ cars { wheels { side worn } spare { worn side } } }")
    left, right = {"side": "l", "worn": 0}, {"side": "r", "worn": 1}
    assert answer["data"]["cars"] == [
        {"wheels": [left, right], "spare": None},
        None,
        {"wheels": [None, left], "spare": {"worn": 1, "side": "r"}},
        {"wheels": None, "spare": None},
    ]
    assert "errors" not in answer
    assert graph.calls() == {"a": 1, "b": 1}


async def test_shared_root_lists_are_merged_by_index_too() -> None:
    graph = garage()
    answer = await graph.ask("{ all { id owner wheels { side worn } } }")
    assert [car and car["owner"] for car in answer["data"]["all"]] == ["Ann", "Ben", None, None]
    assert answer["data"]["all"][0]["wheels"] == [{"side": "l", "worn": 0}, {"side": "r", "worn": 1}]
    assert "errors" not in answer


async def test_an_entity_that_is_unknown_elsewhere_leaves_its_neighbours_alone() -> None:
    graph = garage()
    known = graph.world.entities
    graph.world.entities = [known[0], known[2]]
    answer = await graph.ask("{ cars { id owner } }")
    assert answer == {
        "data": {
            "cars": [
                {"id": "1", "owner": "Ann"},
                None,
                {"id": "2", "owner": None},
                {"id": "3", "owner": None},
            ]
        }
    }
    assert graph.calls() == {"a": 1, "b": 1}


async def test_each_entity_fetch_after_a_mutation_happens_once() -> None:
    graph = garage()
    answer = await graph.ask("mutation { repair { owner wheels { worn } } }")
    assert answer["data"] == {"repair": {"owner": "Ann", "wheels": [{"worn": 0}, {"worn": 1}]}}
    assert graph.calls() == {"a": 1, "b": 1}
    assert [call.startswith("mutation") for call in graph.world.subgraphs["a"].calls] == [True]


async def test_neighbouring_mutations_of_one_subgraph_are_sent_once_and_completed_together() -> None:
    graph = garage()
    answer = await graph.ask("mutation { repair { owner } wash { owner } again: repair { id } }")
    assert answer["data"] == {"repair": {"owner": "Ann"}, "wash": {"owner": "Ben"}, "again": {"id": "1"}}
    assert graph.calls() == {"a": 1, "b": 1}


async def test_a_skipped_branch_is_never_fetched() -> None:
    for query in (
        "query ($yes: Boolean!) { cars { id owner @include(if: $yes) } }",
        "query ($yes: Boolean!) { cars { id ... @include(if: $yes) { owner wheels { worn } } } }",
        "query ($yes: Boolean!) { cars { id } all @include(if: $yes) { id owner } }",
        "query ($yes: Boolean!) { cars { id wheels @include(if: $yes) { worn } } }",
    ):
        graph = garage()
        assert "owner" not in (await graph.ask(query, {"yes": False}))["data"]["cars"][0]
        assert graph.calls() == {"a": 1}, query
        await graph.ask(query, {"yes": True})
        assert graph.calls()["b"] == 1, query


async def test_everything_skipped_asks_nobody() -> None:
    graph = garage()
    assert await graph.ask("query ($yes: Boolean!) { cars @include(if: $yes) { id } }", {"yes": False}) == {
        "data": {}
    }
    assert graph.calls() == {}


async def test_an_interface_without_implementers_is_null_with_an_error() -> None:
    found = {"__typename": "Media", "id": "1", "title": "T", "views": 3}
    graph = Federation(
        {
            "owner": LINK
            + 'interface Media @key(fields: "id") { id: ID! title: String } type Query { x: Int }',
            "views": LINK
            + """type Media @key(fields: "id") @interfaceObject { id: ID! views: Int }
                 type Query { media: Media all: [Media] }""",
        },
        {"media": found, "all": [found]},
        [found],
    )
    for selection in ("id views", "__typename", "title"):
        answer = await graph.ask(f"{{ media {{ {selection} }} all {{ {selection} }} }}")
        assert answer["data"] == {"media": None, "all": [None]}
        assert [error["path"] for error in answer["errors"]] == [["media"], ["all", 0]]
