"""What may be kept of an answer, for how long and for whom: told to clients by `Cache-Control`."""

from router.caching.answers import VARIES_BY, AnswerPolicies, AnswerPolicy
from router.caching.observed import ObservedExchange, observing
from router.caching.policy import CachePolicy

__all__ = ["VARIES_BY", "AnswerPolicies", "AnswerPolicy", "CachePolicy", "ObservedExchange", "observing"]
