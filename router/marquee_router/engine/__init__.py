"""The engine of one supergraph: prepares operations once, executes them many times."""

from marquee_router.engine.engine import Engine
from marquee_router.engine.options import EngineOptions
from marquee_router.engine.preparation import PreparedOperation

__all__ = ["Engine", "EngineOptions", "PreparedOperation"]
