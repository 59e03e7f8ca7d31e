// One's own: orders and tickets, messages as they arrive, mail, membership and rewards. One query draws it.
import { useEffect, useState } from "preact/hooks";
import { Failure, Problems } from "../components/problems";
import { Ticket, type TicketFields } from "../components/ticket";
import { request, subscribe } from "../graphql";
import { day, locale, money, state, t, time, type Money } from "../i18n";
import { idempotencyKey, useQuery } from "../load";
import { type Refusal, refusalsOf } from "../refusals";

const MINE = `query Mine($locale: Locale) {
  me {
    id name email
    orders(first: 20) { nodes {
      id number status total { amount currency }
      refundOptions { staffOnly refund { amount currency } }
      showtime { id startsAt cinema { id name timeZone } movie { id title(locale: $locale) } }
      tickets { id status qrCode qrSvg seat { id label } }
    } }
    notifications(first: 20) { nodes { id title body createdAt readAt } }
    emails(first: 10) { nodes { id subject createdAt html } }
    membership { id tier points pendingPoints nextTier pointsToNextTier vouchers { code usedAt reward { id name } } ledger(first: 10) { nodes { id points reason createdAt } } }
  }
  rewards(first: 20) { nodes { id name description cost active } }
}`;
const ARRIVED = "subscription Arrived { notificationReceived { id title body createdAt readAt } }";
const CANCEL = "mutation Cancel($input: CancelOrderInput!) { cancelOrder(input: $input) { order { id status } errors { code message } } }";
const JOIN = "mutation Join { joinLoyalty { errors { code message } } }";
const REDEEM = "mutation Redeem($input: RedeemRewardInput!) { redeemReward(input: $input) { errors { code message } } }";
const READ = "mutation Read($input: MarkNotificationReadInput!) { markNotificationRead(input: $input) { errors { code } } }";

interface Notification {
  id: string;
  title: string;
  body: string;
  createdAt: string;
  readAt: string | null;
}
interface Order {
  id: string;
  number: string;
  status: string;
  total: Money;
  refundOptions: { staffOnly: boolean; refund: Money }[];
  showtime: { id: string; startsAt: string; cinema: { name: string; timeZone: string }; movie: { title: string } | null } | null;
  tickets: TicketFields[];
}
interface Membership {
  tier: string;
  points: number;
  pendingPoints: number;
  nextTier: string | null;
  pointsToNextTier: number | null;
  vouchers: { code: string; usedAt: string | null; reward: { name: string } }[];
  ledger: { nodes: { id: string; points: number; reason: string }[] };
}
interface Mine {
  me: {
    name: string;
    orders: { nodes: Order[] } | null;
    notifications: { nodes: Notification[] } | null;
    emails: { nodes: { id: string; subject: string; createdAt: string; html: string }[] } | null;
    membership: Membership | null;
  } | null;
  rewards: { nodes: { id: string; name: string; description: string; cost: number; active: boolean }[] } | null;
}

export function AccountView() {
  const { data, error, reload } = useQuery<Mine>(MINE, { locale: locale.value });
  const [errors, setErrors] = useState<Refusal[]>([]);
  useEffect(() => subscribe(ARRIVED, () => ({}), () => reload()), []);
  const act = async (query: string, field: string, variables: Record<string, unknown> = {}) => {
    try {
      const answer = await request<Record<string, { errors: Refusal[] } | null>>(query, variables);
      setErrors(answer[field]?.errors ?? []);
      reload();
    } catch (failure) {
      setErrors(refusalsOf(failure));
    }
  };
  const me = data?.me;
  if (!me) return <Failure text={error} />;
  return (
    <>
      <h1>{me.name}</h1>
      <Problems errors={errors} />
      <div class="columns">
        <Orders
          orders={me.orders?.nodes ?? []}
          cancel={(orderId) => void act(CANCEL, "cancelOrder", { input: { orderId, idempotencyKey: idempotencyKey() } })}
        />
        <div>
          <MembershipCard
            membership={me.membership}
            rewards={data.rewards?.nodes ?? []}
            join={() => void act(JOIN, "joinLoyalty")}
            redeem={(rewardId) => void act(REDEEM, "redeemReward", { input: { rewardId, idempotencyKey: idempotencyKey() } })}
          />
          <section class="card">
            <h2>{t("notifications")}</h2>
            <ul class="messages">
              {me.notifications?.nodes.map((one) => (
                <li key={one.id} class={one.readAt ? "" : "unread"}>
                  <strong>{one.title}</strong>
                  <br />
                  {one.body}{" "}
                  {!one.readAt && (
                    <button class="quiet" title={t("markRead")} aria-label={t("markRead")} onClick={() => void act(READ, "markNotificationRead", { input: { notificationIds: [one.id] } })}>
                      ✓
                    </button>
                  )}
                </li>
              ))}
            </ul>
          </section>
          <section class="card" id="mailbox">
            <h2>{t("mailbox")}</h2>
            {me.emails?.nodes.map((mail) => (
              <details key={mail.id}>
                <summary>{mail.subject}</summary>
                <iframe sandbox="" srcdoc={mail.html} title={mail.subject} />
              </details>
            ))}
          </section>
        </div>
      </div>
    </>
  );
}

function Orders({ orders, cancel }: { orders: Order[]; cancel: (id: string) => void }) {
  return (
    <section>
      <h2>{t("orders")}</h2>
      {!orders.length && <p class="empty">{t("none")}</p>}
      {orders.map((order) => {
        const refund = order.refundOptions.find((option) => !option.staffOnly);
        return (
          <article key={order.id} class="card order">
            <h3>
              {order.showtime?.movie?.title} <small>{order.number}</small>
            </h3>
            <p>
              {order.showtime && <When showtime={order.showtime} />}
              {money(order.total)} · <span class="status">{state(order.status)}</span>
            </p>
            <div class="tickets">
              {order.tickets.map((ticket) => (
                <Ticket key={ticket.id} ticket={ticket} />
              ))}
            </div>
            {order.status === "CONFIRMED" && refund && (
              <button class="quiet" onClick={() => cancel(order.id)}>
                {t("cancelOrder")} {money(refund.refund)}
              </button>
            )}
          </article>
        );
      })}
    </section>
  );
}

function When({ showtime: { startsAt, cinema } }: { showtime: NonNullable<Order["showtime"]> }) {
  return (
    <>
      {day(startsAt, cinema.timeZone)}, {time(startsAt, cinema.timeZone)} · {cinema.name} ·{" "}
    </>
  );
}

interface MembershipProps {
  membership: Membership | null;
  rewards: NonNullable<Mine["rewards"]>["nodes"];
  join: () => void;
  redeem: (rewardId: string) => void;
}

function MembershipCard({ membership, rewards, join, redeem }: MembershipProps) {
  if (!membership)
    return (
      <section class="card">
        <h2>{t("membership")}</h2>
        <button onClick={join}>{t("join")}</button>
      </section>
    );
  return (
    <section class={`card tier ${membership.tier.toLowerCase()}`}>
      <h2>
        {t("membership")} <small>{membership.tier}</small>
      </h2>
      <p class="points">
        <strong>{membership.points}</strong> {t("points")} · {membership.pendingPoints} {t("pending")}
      </p>
      <ul class="messages">
        {membership.vouchers.map((voucher) => (
          <li key={voucher.code} class={voucher.usedAt ? "used" : ""}>
            <code>{voucher.code}</code> {voucher.reward.name}
          </li>
        ))}
      </ul>
      <h3>{t("rewards")}</h3>
      <ul class="messages">
        {rewards
          .filter((reward) => reward.active)
          .map((reward) => (
            <li key={reward.id}>
              <strong>{reward.name}</strong> {reward.description}{" "}
              <button class="quiet" disabled={membership.points < reward.cost} onClick={() => redeem(reward.id)}>
                {t("redeem")} · {reward.cost}
              </button>
            </li>
          ))}
      </ul>
    </section>
  );
}
