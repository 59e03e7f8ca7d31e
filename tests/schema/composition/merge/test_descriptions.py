from tests.schema.composition.small_graphs import composed, hints


def described(text: str) -> str:
    """A subgraph that describes `A`."""
    return f"type Query {{ a: A @shareable }} {text} type A @shareable {{ x: Int }}"


def test_the_most_frequent_description_wins() -> None:
    result = composed(a=described('"one"'), b=described('"two"'), c=described('"two"'))
    assert '"""two"""\ntype A' in result.api_sdl
    assert 'subgraphs "b" and "c"' in hints(result)["INCONSISTENT_DESCRIPTION"]


def test_the_first_of_equals_wins_and_empty_ones_do_not_count() -> None:
    result = composed(a=described('""'), b=described('"one"'), c=described(""))
    assert '"""one"""\ntype A' in result.api_sdl
    assert "INCONSISTENT_DESCRIPTION" not in hints(result)
