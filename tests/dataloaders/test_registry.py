"""The loaders of one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from marquee_dataloaders import Loaders


class Service:
    async def by_id(self, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: key.upper() for key in keys}

    async def by_email(self, keys: Sequence[str]) -> Mapping[str, str]:
        return dict.fromkeys(keys, "someone")


def test_one_loader_a_function_within_a_request() -> None:
    service, loaders = Service(), Loaders()
    assert loaders(service.by_id) is loaders(service.by_id)
    assert loaders(service.by_id) is not loaders(service.by_email)


def test_services_and_requests_share_nothing() -> None:
    service = Service()
    assert Loaders()(service.by_id) is not Loaders()(service.by_id)
    loaders = Loaders()
    assert loaders(service.by_id) is not loaders(Service().by_id)


async def test_forgetting_all_loads_afresh() -> None:
    service, loaders = Service(), Loaders()
    before = loaders(service.by_id)
    assert await before.load("a") == "A"
    loaders.forget_all()
    assert loaders(service.by_id) is not before
