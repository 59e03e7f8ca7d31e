"""Merging is deep and in place; a later null never erases what is there."""

from __future__ import annotations

from typing import Any

import pytest

from marquee_router.execution.merge import copy_json, merge_objects


@pytest.mark.parametrize(
    ("into", "new", "expected"),
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": None}, {"a": {"b": 1}}),
        ({"a": [1]}, {"a": None}, {"a": [1]}),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": [{"b": 1}, None]}, {"a": [{"c": 2}, {"c": 3}]}, {"a": [{"b": 1, "c": 2}, {"c": 3}]}),
        ({"a": [{"b": 1}]}, {"a": [{"c": 2}, {"c": 3}]}, {"a": [{"b": 1, "c": 2}]}),
        ({"a": [{"b": 1}]}, {"a": [None]}, {"a": [{"b": 1}]}),
        ({"a": [[{"b": 1}]]}, {"a": [[{"c": 2}]]}, {"a": [[{"b": 1, "c": 2}]]}),
        ({"a": [1, 2]}, {"a": [None, 3]}, {"a": [None, 3]}),
        ({"a": [{"b": 1}]}, {"a": []}, {"a": [{"b": 1}]}),
        ({"a": "text"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_merging(into: dict[str, Any], new: dict[str, Any], expected: dict[str, Any]) -> None:
    merge_objects(into, new)
    assert into == expected


def test_a_copy_shares_no_object_or_list() -> None:
    original = {"a": [{"b": 1}], "c": {"d": [1]}}
    copied = copy_json(original)
    assert copied == original
    copied["a"][0]["b"] = 2
    copied["c"]["d"].append(2)
    assert original == {"a": [{"b": 1}], "c": {"d": [1]}}


def test_the_name_of_an_interface_does_not_replace_a_type_that_was_told() -> None:
    interfaces = frozenset({"Media"})
    into: dict[str, Any] = {"media": [{"__typename": "Film"}, {"__typename": "Media"}, {}]}
    merge_objects(into, {"media": [{"__typename": "Media"}, {"__typename": "Book"}, {}]}, interfaces)
    merge_objects(into, {"media": [{}, {"__typename": "Media"}, {"__typename": "Media"}]}, interfaces)
    assert into == {"media": [{"__typename": name} for name in ("Film", "Book", "Media")]}


def test_a_typename_that_is_no_text_is_merged_like_any_value() -> None:
    into: dict[str, Any] = {"__typename": "Film"}
    merge_objects(into, {"__typename": []}, frozenset({"Media"}))
    assert into == {"__typename": []}
