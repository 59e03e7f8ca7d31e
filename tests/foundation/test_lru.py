"""The bounded map drops the least recently used entry."""

from __future__ import annotations

from marquee_foundation.lru import LeastRecentlyUsed


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


def test_entries_go_until_the_rest_fit() -> None:
    cache: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(10, max_bytes=100)
    for key in "abc":
        cache.put(key, 1, 30)
    cache.put("d", 1, 70)
    assert (list(cache.recent()), cache.bytes) == (["d", "c"], 100)
    cache.put("d", 2, 10)
    assert (cache.get("d"), cache.bytes) == (2, 40)


def test_what_is_larger_than_all_may_be_is_not_kept() -> None:
    cache: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(10, max_bytes=100)
    cache.put("a", 1, 30)
    cache.put("b", 1, 101)
    assert (cache.get("a"), cache.get("b"), cache.bytes) == (1, None, 30)


def test_a_removed_entry_frees_its_bytes() -> None:
    cache: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(10, max_bytes=100)
    cache.put("a", 1, 60)
    assert (cache.pop("a"), cache.pop("a"), cache.bytes) == (1, None, 0)
    cache.put("b", 1, 60)
    cache.clear()
    assert (cache.get("b"), len(cache), cache.bytes) == (None, 0, 0)


def test_a_copy_has_the_entries_and_bounds_and_a_life_of_its_own() -> None:
    cache: LeastRecentlyUsed[str, int] = LeastRecentlyUsed(2, max_bytes=100)
    cache.put("a", 1, 60)
    copy = cache.copy()
    copy.put("b", 2, 60)
    assert (list(copy.recent()), copy.bytes) == (["b"], 60)
    assert (list(cache.recent()), cache.bytes) == (["a"], 60)
