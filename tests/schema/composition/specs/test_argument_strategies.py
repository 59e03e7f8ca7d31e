from marquee_schema.composition.specs.argument_strategies import conjunction, dnf_conjunction, maximum, union
from marquee_schema.composition.values import MISSING


def test_the_largest_number_wins() -> None:
    assert maximum([3, None, 7]) == 7
    assert maximum([None]) is MISSING


def test_lists_unite_in_order() -> None:
    assert union([["a", "b"], None, ["b", "c"]]) == ["a", "b", "c"]


def test_conditions_all_hold() -> None:
    assert conjunction([True, None, False]) is False
    assert conjunction([None]) is MISSING


def test_alternatives_multiply_and_drop_what_is_implied() -> None:
    assert dnf_conjunction([[["a"], ["b"]], [["c"]]]) == [["a", "c"], ["b", "c"]]
    assert dnf_conjunction([[["a"], ["b"]], [["a"]]]) == [["a"]]
    assert dnf_conjunction([[], [["a"]]]) == [["a"]]
