"""The mutations of loyalty, their inputs and payloads."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import MoneyInput, Payload, mutation
from marquee_subgraphs.loyalty.domain import Plan, VoucherKind
from marquee_subgraphs.loyalty.schema.types import Info, Membership, Reward, RewardVoucher
from marquee_subgraphs.loyalty.service import NewReward


@strawberry.input
class RedeemRewardInput:
    reward_id: ID
    idempotency_key: str


@strawberry.input
class CreateRewardInput:
    """AMOUNT needs `value`, PERCENT `percent` (1 to 100); FREE_SEAT neither."""

    name: str
    description: str
    cost: int
    kind: VoucherKind
    value: MoneyInput | None = None
    percent: int | None = None
    stock: int | None = None


@strawberry.input
class AdjustPointsInput:
    user_id: ID
    points: int
    reason: str
    idempotency_key: str


@strawberry.input
class SetMembershipPlanInput:
    user_id: ID
    plan: Plan
    reason: str


@strawberry.type
class JoinLoyaltyPayload(Payload):
    membership: Membership | None = None


@strawberry.type
class RedeemRewardPayload(Payload):
    voucher: RewardVoucher | None = None
    membership: Membership | None = None


@strawberry.type
class CreateRewardPayload(Payload):
    reward: Reward | None = None


@strawberry.type
class AdjustPointsPayload(Payload):
    membership: Membership | None = None


@strawberry.type
class SetMembershipPlanPayload(Payload):
    membership: Membership | None = None


@strawberry.type
class Mutation:
    @mutation(authenticated=True)
    async def join_loyalty(self, info: Info) -> JoinLoyaltyPayload | None:
        member = await info.context.service.memberships.join(info.context.viewer)
        return JoinLoyaltyPayload(membership=Membership.of(member))

    @mutation(authenticated=True)
    async def redeem_reward(self, info: Info, input: RedeemRewardInput) -> RedeemRewardPayload | None:
        voucher, member = await info.context.service.rewards.redeem(
            info.context.viewer, reward_id=input.reward_id, idempotency_key=input.idempotency_key
        )
        return RedeemRewardPayload(voucher=RewardVoucher.of(voucher), membership=Membership.of(member))

    @mutation(scopes=["rewards:write"])
    async def create_reward(self, info: Info, input: CreateRewardInput) -> CreateRewardPayload | None:
        new = NewReward(
            name=input.name,
            description=input.description,
            cost=input.cost,
            kind=input.kind,
            value=None if input.value is None else input.value.to_money("value"),
            percent=input.percent,
            stock=input.stock,
        )
        reward = await info.context.service.rewards.create(info.context.viewer, new)
        return CreateRewardPayload(reward=Reward.of(reward))

    @mutation(scopes=["points:write"])
    async def adjust_points(self, info: Info, input: AdjustPointsInput) -> AdjustPointsPayload | None:
        member = await info.context.service.memberships.adjust(
            info.context.viewer,
            user_id=input.user_id,
            points=input.points,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        return AdjustPointsPayload(membership=Membership.of(member))

    @mutation(scopes=["points:write"])
    async def set_membership_plan(
        self, info: Info, input: SetMembershipPlanInput
    ) -> SetMembershipPlanPayload | None:
        member = await info.context.service.memberships.set_plan(
            info.context.viewer, user_id=input.user_id, plan=input.plan, reason=input.reason
        )
        return SetMembershipPlanPayload(membership=Membership.of(member))
