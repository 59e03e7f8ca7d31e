import pytest

from tests.schema.composition.small_graphs import composed, composed_as_written, hints, link


@pytest.mark.parametrize(
    ("minor", "join"), [(0, "v0.3"), (6, "v0.3"), (7, "v0.4"), (8, "v0.5"), (12, "v0.5")]
)
def test_the_join_version_is_the_least_that_does(minor: int, join: str) -> None:
    sdl = composed(minor=minor, s="type Query { a: Int }").supergraph_sdl
    assert f'@link(url: "https://specs.apollo.dev/join/{join}", for: EXECUTION)' in sdl


def test_the_newest_subgraph_decides() -> None:
    sdl = composed_as_written(
        a=link(0) + "type Query { a: Int }", b=link(7) + "type Query { b: Int }"
    ).supergraph_sdl
    assert "join/v0.4" in sdl


def test_a_linked_feature_can_need_more() -> None:
    result = composed_as_written(
        a='extend schema @link(url: "https://specs.apollo.dev/federation/v2.3") '
        '@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost"]) type Query { a: Int'
        " @cost(weight: 3) }"
    )
    assert "IMPLICITLY_UPGRADED_FEDERATION_VERSION" in hints(result)
    assert "join/v0.5" in result.supergraph_sdl
