"""A subgraph answers its router and nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.identity import IDENTITY_HEADER, Viewer
from tests.subgraphs.door import Answer, Door, IdentitySigner, customer

SECRET = "{ secret }"


async def _ask_with_claims(door: Door, **claims: Any) -> Answer:
    header = door.signer.sign_claims(claims)
    return await door.ask("{ half(of: 3) }", viewer=None, headers={IDENTITY_HEADER: header})


async def test_without_the_routers_signature_nothing_but_the_sdl_is_answered(door: Door) -> None:
    answer = await door.ask("{ books { nodes { id } } }", viewer=None)
    assert (answer.status, answer.data, answer.codes) == (401, None, ["UNAUTHENTICATED_ROUTER"])
    sdl = (await door.ask("{ _service { sdl } }", viewer=None)).only()["sdl"]
    assert 'type Book @key(fields: "id")' in sdl


@pytest.mark.parametrize(
    "query",
    [
        "{ _service { sdl } books { nodes { id } } }",
        "query A { _service { sdl } } query B { books { nodes { id } } }",
        "{ ...F } fragment F on Query { books { nodes { id } } }",
        "{ nothing }",
    ],
)
async def test_the_exemption_cannot_be_stretched(door: Door, query: str) -> None:
    assert (await door.ask(query, viewer=None)).codes == ["UNAUTHENTICATED_ROUTER"]


async def test_an_identity_holds_until_it_expires(door: Door, clock: FrozenClock) -> None:
    header = {IDENTITY_HEADER: door.signer.sign(customer("usr_1"))}
    for _ in range(2):
        assert (await door.ask(SECRET, viewer=None, headers=header)).codes == ["NOT_ALLOWED"]
    clock.advance(timedelta(seconds=66))
    assert (await door.ask(SECRET, viewer=None, headers=header)).codes == ["UNAUTHENTICATED_ROUTER"]


async def test_an_identity_of_another_key_is_refused(door: Door, clock: FrozenClock) -> None:
    forged = IdentitySigner(clock).of(door.subgraph.name).sign(customer("usr_1"))
    answer = await door.ask(SECRET, viewer=None, headers={IDENTITY_HEADER: forged})
    assert answer.codes == ["UNAUTHENTICATED_ROUTER"]


async def test_an_identity_for_another_subgraph_is_refused_by_one_that_shares_its_process(
    door: Door, signer: IdentitySigner
) -> None:
    own, other = (signer.of(name).sign(customer("usr_1")) for name in (door.subgraph.name, "tickets"))
    verify = door.subgraph._runtime.identity.verify
    assert (await verify(other, "tickets")).user_id == "usr_1"
    refused = await door.ask(SECRET, viewer=None, headers={IDENTITY_HEADER: other})
    assert (refused.status, refused.codes) == (401, ["UNAUTHENTICATED_ROUTER"])
    assert (await door.ask(SECRET, viewer=None, headers={IDENTITY_HEADER: own})).codes == ["NOT_ALLOWED"]


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "usr_1", "iss": "marquee-users"},
        {"sub": "usr_1", "aud": "marquee"},
        {"sub": "usr_1", "aud": "marquee-subgraphs"},
        {"sub": "usr_1", "exp": "never"},
        {"sub": 7},
        {"scopes": "users:read"},
        {"sub": "usr_1", "scopes": ["users:read"]},
        {"sub": "usr_1", "roles": "admin"},
        {"sub": "usr_1", "cinemas": [1]},
        {"sub": "usr_1", "iat": 4_000_000_000, "exp": 4_000_000_060},
    ],
)
async def test_an_identity_with_other_claims_is_refused(door: Door, claims: dict[str, Any]) -> None:
    assert (await _ask_with_claims(door, **claims)).codes == ["UNAUTHENTICATED_ROUTER"]


async def test_an_anonymous_identity_holds_nothing(door: Door) -> None:
    answer = await _ask_with_claims(door, anonymous=True, scopes="books:read", roles=["admin"])
    assert answer.data == {"half": "1.5"}
    header = door.signer.sign_claims({"anonymous": True, "scopes": "books:read"})
    refused = await door.ask(SECRET, viewer=None, headers={IDENTITY_HEADER: header})
    assert refused.codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("header", ["", "nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_header_that_is_no_token_is_refused(door: Door, header: str) -> None:
    answer = await door.ask(SECRET, viewer=None, headers={IDENTITY_HEADER: header})
    assert answer.codes == ["UNAUTHENTICATED_ROUTER"]


def test_staff_work_at_their_cinemas_and_admins_at_all() -> None:
    clerk = Viewer("usr_1", frozenset({"box_office"}), cinemas=frozenset({"cin_1"}))
    assert clerk.works_at("cin_1")
    assert not clerk.works_at("cin_2")
    assert Viewer("usr_2", frozenset({"admin"})).works_at("cin_2")
    assert not Viewer("usr_3", frozenset({"customer"}), cinemas=frozenset({"cin_1"})).works_at("cin_1")
