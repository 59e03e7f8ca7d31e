"""What may be kept of an answer, for how long and for whom: told to clients by `Cache-Control`."""

from marquee_router.caching.answer_policies import VARIES_BY, AnswerPolicies, AnswerPolicy
from marquee_router.caching.observed_replies import ObservedExchange, observing
from marquee_router.caching.policy import CachePolicy

__all__ = ["VARIES_BY", "AnswerPolicies", "AnswerPolicy", "CachePolicy", "ObservedExchange", "observing"]
