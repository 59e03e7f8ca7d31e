"""The engine of one supergraph: prepares operations once, executes them many times."""

from marquee_router.engine.engine import Engine
from marquee_router.engine.operations import PreparedOperation
from marquee_router.engine.options import AnswerCaching, EngineOptions
from marquee_router.engine.policies import OperationPolicies, SubgraphAccess

__all__ = [
    "AnswerCaching",
    "Engine",
    "EngineOptions",
    "OperationPolicies",
    "PreparedOperation",
    "SubgraphAccess",
]
