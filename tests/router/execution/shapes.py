"""Builds the records a planner would make, from text: for tests of the executor alone."""

from __future__ import annotations

from typing import cast

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    parse,
)

from marquee_router.planning.plan import (
    Condition,
    Conditions,
    OperationKind,
    PlanNode,
    QueryPlan,
    RepresentationField,
    ResponseField,
    ResponseSelection,
)

KEY_ID = (RepresentationField("__typename", "__typename"), RepresentationField("id", "id"))
"""The representation of an entity with `@key(fields: "id")`."""


def shape(schema: GraphQLSchema, query: str) -> ResponseSelection:
    """The response selection of a query without fragment spreads; an alias is both source and response
    key."""
    operation = parse(query).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    root = schema.get_root_type(operation.operation)
    assert root is not None
    return _selection(schema, root, operation.selection_set)


def plan(schema: GraphQLSchema, query: str, node: PlanNode | None) -> QueryPlan:
    """A plan that answers `query` by `node`."""
    operation = parse(query).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    root = schema.get_root_type(operation.operation)
    assert root is not None
    return QueryPlan(OperationKind(operation.operation.value), node, root.name, shape(schema, query))


def _selection(
    schema: GraphQLSchema, parent: GraphQLOutputType, selection_set: SelectionSetNode
) -> ResponseSelection:
    composite = cast("GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType", parent)
    concrete = (
        schema.get_possible_types(composite)
        if is_abstract_type(composite)
        else [cast("GraphQLObjectType", composite)]
    )
    return ResponseSelection(
        {found.name: tuple(_fields(schema, found, selection_set, ())) for found in concrete}
    )


def _fields(
    schema: GraphQLSchema, concrete: GraphQLObjectType, selection_set: SelectionSetNode, outer: Conditions
) -> list[ResponseField]:
    fields: list[ResponseField] = []
    for selection in selection_set.selections:
        conditions = outer or _conditions(selection.directives or ())
        if isinstance(selection, InlineFragmentNode):
            wanted = (
                schema.get_type(selection.type_condition.name.value) if selection.type_condition else concrete
            )
            assert wanted is not None
            if wanted is concrete or (
                isinstance(wanted, GraphQLInterfaceType | GraphQLUnionType)
                and schema.is_sub_type(wanted, concrete)
            ):
                fields += _fields(schema, concrete, selection.selection_set, conditions)
            continue
        assert not isinstance(selection, FragmentSpreadNode)
        assert isinstance(selection, FieldNode)
        fields.append(_field(schema, concrete, selection, conditions))
    return fields


def _field(
    schema: GraphQLSchema, concrete: GraphQLObjectType, node: FieldNode, conditions: Conditions
) -> ResponseField:
    key = (node.alias or node.name).value
    name = node.name.value
    if name == "__typename":
        return ResponseField(key, "__typename", name, GraphQLNonNull(GraphQLString), None, conditions)
    expected = concrete.fields[name].type
    named = get_named_type(expected)
    selection = (
        _selection(schema, named, node.selection_set)
        if is_composite_type(named) and node.selection_set is not None
        else None
    )
    return ResponseField(key, key, name, expected, selection, conditions)


def _conditions(directives: tuple[DirectiveNode, ...]) -> Conditions:
    terms = []
    for directive in directives:
        value = (directive.arguments or ())[0].value
        assert isinstance(value, VariableNode)
        terms.append(Condition(value.name.value, directive.name.value == "include"))
    return (tuple(terms),) if terms else ()
