"""Extensions are called at their stages, on every transport; those of the guide run as they stand there."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from marquee_router import Extras, stages
from marquee_router.errors import Forbidden, RequestError, RouterMisconfigured, SubgraphUnavailable
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.extensions import Extensions
from marquee_router.request import GraphQLRequest, Identity, RequestContext, Response
from marquee_router.stages import PlannedOperation, SubgraphCall
from tests.router.security.issuing import issuing
from tests.router.transport.driving import Socket, call, post, stream
from tests.router.transport.graph import Graph, graph

DOCS = Path(__file__).parents[2] / "docs"
JSON = {"content-type": "application/json"}
BURN = "mutation Burn { burn }"


def example(name: str) -> ModuleType:
    """A module of docs/examples, which is no package."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def extended(*extensions: object, settings: dict[str, Any] | None = None) -> Graph:
    """A graph with these extensions."""
    return graph(settings, Extras(extensions=extensions))


@dataclass
class Everything:
    """Notes every stage, and leaves its mark where it may."""

    name: str = "x"
    seen: list[str] = field(default_factory=list)

    async def on_request(self, request: GraphQLRequest, context: RequestContext) -> None:
        self.seen.append(f"request {context.state.get('by')}")
        context.state["by"] = self.name
        context.subgraph_headers["x-by"] = context.subgraph_headers.get("x-by", "") + self.name

    async def on_identity(self, identity: Identity | None) -> Identity | None:
        self.seen.append("identity")
        return identity

    async def on_planned(
        self, operation: PlannedOperation, request: GraphQLRequest, context: RequestContext
    ) -> None:
        self.seen.append(f"planned {operation.kind.value} {operation.name}")

    async def on_subgraph_request(self, call: SubgraphCall) -> None:
        self.seen.append(f"call {call.subgraph} {call.idempotent}")
        call.headers["x-call"] = self.name

    async def on_subgraph_reply(self, call: SubgraphCall, reply: SubgraphReply) -> SubgraphReply:
        self.seen.append(f"reply {call.subgraph}")
        return reply._replace(body=reply.body.replace(b'"Ada"', b'"Eve"'))

    async def on_response(
        self,
        operation: PlannedOperation,
        request: GraphQLRequest,
        context: RequestContext,
        response: Response,
    ) -> Response:
        self.seen.append(f"response {context.state['by']}")
        return replace(response, headers={**response.headers, "x-answered-by": self.name})

    async def on_event(
        self, operation: PlannedOperation, context: RequestContext, response: Response
    ) -> Response | None:
        self.seen.append(f"event {operation.name}")
        return None if b"1" in response.body else response


async def test_every_stage_is_called_in_order() -> None:
    everything = Everything()
    running = extended(everything)
    answer = await post(running.app, "query Me { me { name } }")
    assert everything.seen == [
        "identity",
        "request None",
        "planned query Me",
        "call people True",
        "reply people",
        "response x",
    ]
    assert answer.json == {"data": {"me": {"name": "Eve"}}}
    assert answer.headers["x-answered-by"] == "x"
    assert running.subgraphs["people"].headers[0]["x-by"] == "x"
    assert running.subgraphs["people"].headers[0]["x-call"] == "x"


async def test_several_are_called_in_the_order_they_are_installed() -> None:
    first, second = Everything("1"), Everything("2")
    running = extended(first, second)
    answer = await post(running.app, "{ me { name } }")
    assert (first.seen[1], second.seen[1]) == ("request None", "request 1")
    assert running.subgraphs["people"].headers[0]["x-by"] == "12"
    assert answer.headers["x-answered-by"] == "2"


async def test_each_operation_of_a_batch_is_a_request_of_its_own() -> None:
    everything = Everything()
    running = extended(everything)
    await call(
        running.app, headers=JSON, body=b'[{"query": "{ me { name } }"}, {"query": "{ any { __typename } }"}]'
    )
    assert everything.seen.count("request None") == 2
    assert {headers["x-by"] for headers in running.subgraphs["people"].headers} == {"x"}


async def test_events_are_seen_once_and_may_be_left_out() -> None:
    everything = Everything()
    running = extended(everything)
    accept = {"accept": "text/event-stream"}
    events = stream(running.app, {"query": "subscription Ticks { ticks }"}, headers=accept)
    await events.head()
    received = await events.rest()
    await events.task
    assert b'{"data":{"ticks":2}}' in received
    assert b'{"data":{"ticks":1}}' not in received
    assert everything.seen.count("event Ticks") == 2
    assert everything.seen.count("call people False") == 1


async def test_a_socket_is_identified_once_and_its_operations_are_requests() -> None:
    everything = Everything()
    running = extended(everything)
    socket = Socket(running.app, ["graphql-transport-ws"])
    await socket.ready()
    for number in ("1", "2"):
        socket.send({"type": "subscribe", "id": number, "payload": {"query": "{ me { name } }"}})
        assert (await socket.receive())["payload"] == {"data": {"me": {"name": "Eve"}}}
        assert (await socket.receive())["type"] == "complete"
    await socket.leave()
    assert everything.seen.count("identity") == 1
    assert everything.seen.count("request None") == 2


class Teapot(RequestError):
    """What only this test refuses by."""

    code = "TEAPOT"
    default_status = 418


class RefusesAt:
    """Refuses at one stage."""

    def __init__(self, stage: str, error: Exception) -> None:
        async def refuse(*_: object) -> None:
            raise error

        setattr(self, stage, refuse)


@pytest.mark.parametrize("stage", ["on_request", "on_identity", "on_planned", "on_response"])
async def test_a_refusal_is_told_by_its_code(stage: str) -> None:
    running = extended(RefusesAt(stage, Teapot("no coffee")))
    answer = await post(
        running.app, "{ me { name } }", headers={"accept": "application/graphql-response+json"}
    )
    assert (answer.status, answer.code) == (418, "TEAPOT")
    assert bool(running.fetched) == (stage == "on_response")


@pytest.mark.parametrize(
    "stage",
    ["on_request", "on_identity", "on_planned", "on_subgraph_request", "on_subgraph_reply", "on_response"],
)
async def test_a_fault_of_an_extension_is_masked(stage: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = await post(extended(RefusesAt(stage, ValueError("secret"))).app, "{ me { name } }")
    assert b"secret" not in answer.body
    assert answer.json["errors"]
    assert "secret" in caplog.text


async def test_a_call_that_is_left_out_makes_its_fields_null() -> None:
    running = extended(RefusesAt("on_subgraph_request", SubgraphUnavailable("closed today")))
    answer = await post(running.app, "{ me { name } }")
    assert answer.json["data"] == {"me": None}
    assert answer.code == "SUBGRAPH_UNAVAILABLE"
    assert not running.fetched


async def test_an_identity_may_be_given_and_taken() -> None:
    issuer = issuing()
    given = Identity("eve", "test", frozenset(), frozenset(), "", 0.0)

    class Gives:
        async def on_identity(self, identity: Identity | None) -> Identity | None:
            return given if identity is None else None

    running = graph(issuer.settings(), replace(issuer.extras(), extensions=(Gives(),)))
    assert (await post(running.app, "{ diary }")).json["data"] == {"diary": "dear diary"}
    token = {"authorization": f"Bearer {issuer.token('ada')}"}
    assert (await post(running.app, "{ diary }", headers=token)).json["data"] == {"diary": None}


def test_without_extensions_there_is_nothing_to_call() -> None:
    running = graph()
    assert running.app.service.clients.extensions is None
    assert Extensions.of((), ()) is None
    transport = running.subgraphs["people"]
    assert Extensions([RefusesAt("on_event", Forbidden(""))]).around("people", transport) is transport


@pytest.mark.parametrize("name", ["nothing", "no_such_module:x", "json:nothing", "json:decoder", ":x"])
def test_what_extends_nothing_is_found_at_the_start(name: str) -> None:
    with pytest.raises(RouterMisconfigured):
        graph({"extensions": [name]})


async def test_extensions_are_named_in_router_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "examples"))
    monkeypatch.setenv("ALLOWED_CLIENTS", "web, app")
    monkeypatch.setenv("SUBGRAPH_SIGNING_KEY", "k")
    names = ["allowed_clients:AllowedClients", "audited_mutations:AuditedMutations"]
    running = graph({"extensions": names})
    assert (await post(running.app, "{ me { name } }", headers={"x-client-name": "app"})).status == 200
    assert "x-signature" in running.subgraphs["people"].headers[0]
    assert (await post(running.app, "{ me { name } }")).status == 403


async def test_the_example_of_allowed_clients() -> None:
    running = extended(example("allowed_clients").AllowedClients(frozenset({"web"})))
    known = await post(running.app, "{ me { name } }", headers={"x-client-name": "web"})
    assert known.json == {"data": {"me": {"name": "Ada"}}}
    assert running.subgraphs["people"].headers[0]["x-client-name"] == "web"
    for headers in ({}, {"x-client-name": "other"}):
        refused = await post(running.app, "{ me { name } }", headers=headers)
        assert (refused.status, refused.code) == (403, "FORBIDDEN")
    assert len(running.fetched) == 1


async def test_the_example_of_audited_mutations(caplog: pytest.LogCaptureFixture) -> None:
    issuer = issuing()
    audit = example("audited_mutations").AuditedMutations(b"key")
    calls: list[SubgraphCall] = []

    class Subgraph:
        async def on_subgraph_request(self, call: SubgraphCall) -> None:
            calls.append(call)

    running = graph(issuer.settings(), replace(issuer.extras(), extensions=(audit, Subgraph())))
    token = {"authorization": f"Bearer {issuer.token('ada', scope='admin')}"}
    with caplog.at_level(logging.INFO, "marquee_router.audit"):
        assert (await post(running.app, BURN, headers=token)).json == {"data": {"burn": True}}
        await post(running.app, "{ me { name } }", headers=token)
    (line,) = [record for record in caplog.records if record.name == "marquee_router.audit"]
    told = {name: getattr(line, name) for name in ("user", "operation", "fields", "errors")}
    assert told == {"user": "ada", "operation": "Burn", "fields": ["burn"], "errors": False}
    seconds, signature = (part.split("=", 1)[1] for part in calls[0].headers["x-signature"].split(","))
    expected = hmac.new(b"key", f"{seconds}.".encode() + calls[0].body, hashlib.sha256)
    assert signature == expected.hexdigest()
    assert running.subgraphs["people"].headers[0] == calls[0].headers


@pytest.mark.parametrize("name", ["allowed_clients", "audited_mutations"])
def test_the_guide_shows_the_examples_as_they_are(name: str) -> None:
    guide = (DOCS / "guides" / "extending.md").read_text()
    text = (DOCS / "examples" / f"{name}.py").read_text().rstrip()
    assert f"```python\n{text}\n```" in guide


def test_the_guide_names_every_stage() -> None:
    guide = (DOCS / "guides" / "extending.md").read_text()
    methods = {
        method
        for name, protocol in vars(stages).items()
        if name.startswith("On")
        for method in vars(protocol)
        if method.startswith("on_")
    }
    assert len(methods) == 7
    assert all(f"`{method}(" in guide for method in methods)
