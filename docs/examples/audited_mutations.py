"""An audit log of mutations, and calls that a subgraph can tell are from this router.

Each mutation that was executed is one line: who, which operation, which root fields, whether it went well;
never what was sent. Each call carries `x-signature`, `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>">`, by
the key in `SUBGRAPH_SIGNING_KEY`.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import time

from marquee_router.planning.plan import OperationKind
from marquee_router.request import GraphQLRequest, RequestContext, Response
from marquee_router.stages import PlannedOperation, SubgraphCall

logger = logging.getLogger("marquee_router.audit")


class AuditedMutations:
    """Implements `OnSubgraphRequest` and `OnResponse`."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = os.environ["SUBGRAPH_SIGNING_KEY"].encode() if key is None else key

    async def on_subgraph_request(self, call: SubgraphCall) -> None:
        """Sign the call."""
        seconds = str(int(time.time()))
        signed = hmac.new(self._key, f"{seconds}.".encode() + call.body, hashlib.sha256)
        call.headers["x-signature"] = f"t={seconds},v1={signed.hexdigest()}"

    async def on_response(
        self,
        operation: PlannedOperation,
        request: GraphQLRequest,
        context: RequestContext,
        response: Response,
    ) -> Response:
        """Note what was done."""
        if operation.kind is OperationKind.MUTATION:
            fields = operation.plan.response.by_type.get(operation.plan.root_type, ())
            logger.info(
                "mutation",
                extra={
                    "user": context.identity.subject if context.identity is not None else None,
                    "address": context.address,
                    "operation": operation.name,
                    "fields": [field.name for field in fields],
                    "errors": response.has_errors,
                },
            )
        return response
