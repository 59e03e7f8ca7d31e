"""The mutations of loyalty, their inputs, payloads and errors."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import MoneyInput, Payload, UserError, mutation, user_error
from marquee_subgraphs.loyalty import errors
from marquee_subgraphs.loyalty.domain import Plan, VoucherKind
from marquee_subgraphs.loyalty.schema.types import Info, Membership, Reward, RewardVoucher


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
        member = await info.context.service.join(info.context.viewer)
        return JoinLoyaltyPayload(membership=Membership.of(member))

    @mutation(authenticated=True)
    async def redeem_reward(self, info: Info, input: RedeemRewardInput) -> RedeemRewardPayload | None:
        voucher, member = await info.context.service.redeem(
            info.context.viewer, reward_id=input.reward_id, idempotency_key=input.idempotency_key
        )
        return RedeemRewardPayload(voucher=RewardVoucher.of(voucher), membership=Membership.of(member))

    @mutation(scopes=["rewards:write"])
    async def create_reward(self, info: Info, input: CreateRewardInput) -> CreateRewardPayload | None:
        reward = await info.context.service.create_reward(
            info.context.viewer,
            name=input.name,
            description=input.description,
            cost=input.cost,
            kind=input.kind,
            value=None if input.value is None else input.value.to_money("value"),
            percent=input.percent,
            stock=input.stock,
        )
        return CreateRewardPayload(reward=Reward.of(reward))

    @mutation(scopes=["points:write"])
    async def adjust_points(self, info: Info, input: AdjustPointsInput) -> AdjustPointsPayload | None:
        member = await info.context.service.adjust(
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
        member = await info.context.service.set_plan(
            info.context.viewer, user_id=input.user_id, plan=input.plan, reason=input.reason
        )
        return SetMembershipPlanPayload(membership=Membership.of(member))


@user_error(errors.NotEnoughPoints)
class NotEnoughPoints(UserError):
    """The reward costs more than there is."""

    missing: int


@user_error(errors.RewardUnavailable)
class RewardUnavailable(UserError):
    """Sold out, or no longer given."""
