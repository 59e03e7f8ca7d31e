"""Caching: how long clients may keep answers (`Cache-Control`), and the router's cache of subgraph
replies."""

from marquee_router.caching.answer_policies import VARIES_BY, AnswerPolicies, AnswerPolicy
from marquee_router.caching.observed_replies import ObservedExchange, observing
from marquee_router.caching.policy import CachePolicy

__all__ = ["VARIES_BY", "AnswerPolicies", "AnswerPolicy", "CachePolicy", "ObservedExchange", "observing"]
