"""Field sets: read as written, printed on one line."""

import pytest

from marquee_schema.field_set import (
    FieldSetError,
    FieldSetField,
    FieldSetFragment,
    inlined,
    parse_field_set,
    print_field_set,
)


def test_a_field_set_is_read_with_or_without_outer_braces() -> None:
    assert parse_field_set("id") == parse_field_set("{ id }") == (FieldSetField("id"),)


def test_aliases_directives_and_bare_fragments_are_kept_for_composition_to_report() -> None:
    assert parse_field_set("a: id @skip ... @include { sku }") == (
        FieldSetField("id", alias="a", directives=("skip",)),
        FieldSetFragment("", (FieldSetField("sku"),), directives=("include",)),
    )


def test_fragments_without_a_type_condition_are_replaced_by_their_contents() -> None:
    assert inlined(parse_field_set("id ... { owner { ... { id } } }")) == parse_field_set("id owner { id }")


@pytest.mark.parametrize("text", ["", "a {", "a { }", "a } { b", "...F", "{ a } query { b }"])
def test_what_is_not_one_selection_set_is_refused(text: str) -> None:
    with pytest.raises(FieldSetError):
        parse_field_set(text)


def test_a_field_set_is_printed_as_it_was_read() -> None:
    text = "a: id price(in: [KG], exact: 1.0) { ... on Book { isbn } ... { sku } }"
    assert print_field_set(parse_field_set(text)) == text
    assert print_field_set(parse_field_set("x(n: 1.0)"), lambda literal: literal[:1]) == "x(n: 1)"
