"""The bounded map forgets the least recently used."""

from __future__ import annotations

from router.lru import LeastRecentlyUsed


def test_the_least_recently_used_goes_first() -> None:
    cache: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)
    assert len(cache) == 2


def test_recent_keys_come_first() -> None:
    cache: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(3)
    for key in "abc":
        cache.put(key, 1)
    cache.get("a")
    assert list(cache.recent()) == ["a", "c", "b"]


def test_a_new_value_replaces_the_old_one() -> None:
    cache: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(1)
    cache.put("a", 1)
    cache.put("a", 2)
    assert cache.get("a") == 2
    assert len(cache) == 1
