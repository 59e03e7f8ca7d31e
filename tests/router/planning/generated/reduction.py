"""Reduces a failing graph and operation to smaller ones that fail in the same way."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    print_ast,
    validate,
)

from tests.router.planning.generated.generated_graph import GeneratedGraph, Question, composed
from tests.router.planning.generated.text import SubgraphText

Texts = list[SubgraphText]
Fails = Callable[[GeneratedGraph, Question], Awaitable[str | None]]
_Found = tuple[Texts, Question]


async def shrink(
    texts: Texts,
    question: Question,
    salt: int,
    fails: Fails = GeneratedGraph.difference,
    *,
    faults: bool = False,
) -> _Found:
    """The smallest failing pair found by leaving out one part after another; `fails` returns why."""

    async def fails_at_all(texts: Texts, question: Question) -> str | None:
        asked = composed(texts, salt, faults=faults)
        if asked is None or not _is_valid(asked.schema, question):
            return None
        return await fails(asked, question)

    kind = _kind(await fails_at_all(texts, question))
    still = _same(fails_at_all, kind)
    question = await _first(_smaller_questions, texts, question, still)
    texts = await _first_texts(texts, question, still)
    question = await _first(_smaller_questions, texts, question, still)
    return texts, question


def _kind(difference: str | None) -> str:
    """Failures are of one kind when they begin alike."""
    return re.split(r"[ :]", difference or "")[0]


def _same(
    fails: Callable[[Texts, Question], Awaitable[str | None]], kind: str
) -> Callable[[Texts, Question], Awaitable[bool]]:
    async def still(texts: Texts, question: Question) -> bool:
        try:
            found = await fails(texts, question)
        except Exception:  # noqa: BLE001 a graph cut in half: not what is looked for
            return False
        return found is not None and _kind(found) == kind

    return still


def _is_valid(schema: GraphQLSchema, question: Question) -> bool:
    return not validate(schema, parse(question.text))


async def _first(
    smaller: Callable[[Question], Iterator[Question]],
    texts: Texts,
    question: Question,
    still: Callable[[Texts, Question], Awaitable[bool]],
) -> Question:
    changed = True
    while changed:
        changed = False
        for candidate in smaller(question):
            if await still(texts, candidate):
                question, changed = candidate, True
                break
    return question


async def _first_texts(
    texts: Texts, question: Question, still: Callable[[Texts, Question], Awaitable[bool]]
) -> Texts:
    changed = True
    while changed:
        changed = False
        for candidate in _smaller_texts(texts):
            if await still(candidate, question):
                texts, changed = candidate, True
                break
    return texts


def _smaller_texts(texts: Texts) -> Iterator[Texts]:
    for index, text in enumerate(texts):
        yield texts[:index] + texts[index + 1 :]
        for place in range(len(text.types)):
            copy = deepcopy(texts)
            del copy[index].types[place]
            yield copy
    for index, text in enumerate(texts):
        for place, each in enumerate(text.types):
            for part in ("fields", "directives", "interfaces", "names"):
                for number in range(len(getattr(each, part))):
                    copy = deepcopy(texts)
                    del getattr(copy[index].types[place], part)[number]
                    yield copy
            for position, field in enumerate(each.fields):
                for part in ("arguments", "directives"):
                    for number in range(len(getattr(field, part))):
                        copy = deepcopy(texts)
                        del getattr(copy[index].types[place].fields[position], part)[number]
                        yield copy


def _smaller_questions(question: Question) -> Iterator[Question]:
    if question.labels:
        yield replace(question, labels=frozenset())
    document = parse(question.text, no_location=True)
    for smaller in _smaller_nodes(document):
        yield replace(question, text=_tidy(smaller))


def _smaller_nodes(node: Any) -> Iterator[Any]:
    """The node without one part of it: a selection, a directive, an argument, an alias, a fragment."""
    for name in ("definitions", "selections", "directives", "arguments", "variable_definitions"):
        parts: Sequence[Any] = getattr(node, name, None) or ()
        for index in range(len(parts)):
            rest = (*parts[:index], *parts[index + 1 :])
            if rest or name in ("directives", "arguments", "variable_definitions"):
                yield replace(node, **{name: rest})
            selections = getattr(parts[index], "selection_set", None)
            if name == "selections" and isinstance(selections, SelectionSetNode):
                yield replace(node, selections=(*parts[:index], *selections.selections, *parts[index + 1 :]))
            for smaller in _smaller_nodes(parts[index]):
                yield replace(node, **{name: (*parts[:index], smaller, *parts[index + 1 :])})
    if getattr(node, "alias", None) is not None:
        yield replace(node, alias=None)
    below = getattr(node, "selection_set", None)
    if isinstance(below, Node):
        for smaller in _smaller_nodes(below):
            yield replace(node, selection_set=smaller)


def _tidy(document: DocumentNode) -> str:
    """The operation without unused variables."""
    text = print_ast(document)
    kept = [
        replace(
            each,
            variable_definitions=tuple(
                v for v in each.variable_definitions or () if text.count(f"${v.variable.name.value}") > 1
            ),
        )
        if isinstance(each, OperationDefinitionNode)
        else each
        for each in document.definitions
    ]
    return print_ast(DocumentNode(definitions=tuple(kept)))
