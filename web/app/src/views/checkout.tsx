// From a hold to tickets: price, order, payment, the bank's question where there is one.
import { useEffect, useRef, useState } from "preact/hooks";
import { Problems } from "../components/problems";
import { Ticket, type TicketFields } from "../components/ticket";
import { request, subscribe } from "../graphql";
import { locale, money, t, type Money } from "../i18n";
import { idempotencyKey, useQuery } from "../load";
import { cardLabel, lineLabel, type Refusal, refusalsOf } from "../refusals";
import { user } from "../session";
import type { Hold } from "./showtime";

const METHODS = "query Methods { paymentMethods { id label behaviour } }";
const QUOTE = `query Quote($id: ID!, $seatIds: [ID!]!, $voucher: String) {
  showtime(id: $id) { id quote(seatIds: $seatIds, voucher: $voucher) {
    lines { label kind amount { amount currency } } tax { amount currency } total { amount currency } } }
}`;
const PLACE = `mutation Place($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id number status accessToken total { amount currency } } errors { code message path } }
}`;
const PAY = `mutation Pay($input: PayOrderInput!) {
  payOrder(input: $input) { payment { id status nextAction { url } } errors { code message } }
}`;
const CONFIRM = `mutation Confirm($input: ConfirmPaymentInput!) {
  confirmPayment(input: $input) { payment { id status nextAction { url } } errors { code message } }
}`;
const ORDER = `query Order($id: ID!, $accessToken: String) {
  order(id: $id, accessToken: $accessToken) { id number status tickets { id status qrCode qrSvg seat { id label } } }
}`;
const UPDATED = `subscription Updated($orderId: ID!, $accessToken: String) {
  orderUpdated(orderId: $orderId, accessToken: $accessToken) { id status }
}`;

interface Quote {
  lines: { label: string; kind: string; amount: Money }[];
  tax: Money;
  total: Money;
}
interface Order {
  id: string;
  number: string;
  status: string;
  accessToken: string | null;
  total: Money;
}
interface Payment {
  id: string;
  status: string;
  nextAction: { url: string } | null;
}

export function Checkout({ showtimeId, hold, sold }: { showtimeId: string; hold: Hold | null; sold: () => void }) {
  const methods = useQuery<{ paymentMethods: { id: string; label: string; behaviour: string }[] | null }>(METHODS);
  const [quote, setQuote] = useState<Quote | null>(null);
  const [voucher, setVoucher] = useState("");
  const [method, setMethod] = useState("pm_card_visa");
  const [email, setEmail] = useState("");
  const [order, setOrder] = useState<Order | null>(null);
  const [payment, setPayment] = useState<Payment | null>(null);
  const [tickets, setTickets] = useState<TicketFields[] | null>(null);
  const [errors, setErrors] = useState<Refusal[]>([]);
  const [busy, setBusy] = useState(false);
  const placeKey = useRef(idempotencyKey());

  const price = async () => {
    if (!hold) return;
    const variables = { id: showtimeId, seatIds: hold.seats.map((seat) => seat.id), voucher: voucher || null };
    const data = await request<{ showtime: { quote: Quote | null } }>(QUOTE, variables);
    setQuote(data.showtime.quote);
  };
  useEffect(() => void price(), [hold, user.value]);
  useEffect(() => {
    if (!order || tickets) return;
    const access = { accessToken: order.accessToken };
    return subscribe<{ orderUpdated: { status: string } }>(
      UPDATED,
      () => ({ orderId: order.id, ...access }),
      ({ orderUpdated }) => orderUpdated.status === "CONFIRMED" && void collect(order),
    );
  }, [order, tickets]);

  const collect = async (paid: Order) => {
    const data = await request<{ order: { status: string; tickets: TicketFields[] } | null }>(ORDER, {
      id: paid.id,
      accessToken: paid.accessToken,
    });
    if (data.order?.tickets.length) {
      setTickets(data.order.tickets);
      setErrors([]);
      sold();
    }
  };
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      setErrors(refusalsOf(error));
    } finally {
      setBusy(false);
    }
  };
  const settle = async (answer: { payment: Payment | null; errors: Refusal[] }, paid: Order) => {
    setPayment(answer.payment);
    setErrors(answer.errors);
    if (answer.payment && ["AUTHORIZED", "CAPTURED"].includes(answer.payment.status)) await collect(paid);
  };
  const buy = () =>
    attempt(async () => {
      let paid = order;
      if (!paid && hold) {
        const input = {
          holdToken: hold.token,
          idempotencyKey: placeKey.current,
          locale: locale.value,
          ...(voucher && { voucher }),
          ...(!user.value && { email }),
        };
        const data = await request<{ placeOrder: { order: Order | null; errors: Refusal[] } }>(PLACE, { input });
        setErrors(data.placeOrder.errors);
        paid = data.placeOrder.order;
        if (!paid) placeKey.current = idempotencyKey(); // another try may say other things
        setOrder(paid);
      }
      if (!paid) return;
      if (paid.status === "CONFIRMED") return collect(paid);
      const input = { orderId: paid.id, paymentMethod: method, idempotencyKey: idempotencyKey() };
      const data = await request<{ payOrder: { payment: Payment | null; errors: Refusal[] } }>(PAY, { input });
      await settle(data.payOrder, paid);
    });
  const confirm = () =>
    attempt(async () => {
      const data = await request<{ confirmPayment: { payment: Payment | null; errors: Refusal[] } }>(CONFIRM, {
        input: { paymentId: payment!.id },
      });
      await settle(data.confirmPayment, order!);
    });

  if (tickets)
    return (
      <div class="sold">
        <h2>{t("enjoy")}</h2>
        <p>
          {t("yourTickets")} · {order?.number}
        </p>
        <div class="tickets">
          {tickets.map((ticket) => (
            <Ticket key={ticket.id} ticket={ticket} />
          ))}
        </div>
      </div>
    );
  if (payment?.status === "ACTION_REQUIRED" && payment.nextAction)
    return (
      <div>
        <p>{t("bankAsks")}</p>
        <p>
          <a class="button" href={payment.nextAction.url} target="_blank" rel="noopener">
            {t("openBank")}
          </a>
        </p>
        <Problems errors={errors} />
        <button disabled={busy} onClick={() => void confirm()}>
          {busy ? t("working") : t("confirmed")}
        </button>
      </div>
    );
  return (
    <form
      class="checkout"
      onSubmit={(event) => {
        event.preventDefault();
        void buy();
      }}
    >
      {quote && (
        <table>
          <tbody>
            {quote.lines.map((line, index) => (
              <tr key={index}>
                <td>{lineLabel(line)}</td>
                <td>{money(line.amount)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th>{t("total")}</th>
              <th>{money(order?.total ?? quote.total)}</th>
            </tr>
            <tr class="facts">
              <td>{t("tax")}</td>
              <td>{money(quote.tax)}</td>
            </tr>
          </tfoot>
        </table>
      )}
      {!order && (
        <div class="inline">
          <input placeholder={t("voucher")} value={voucher} onInput={(event) => setVoucher(event.currentTarget.value)} />
          <button type="button" class="quiet" onClick={() => void price()}>
            {t("apply")}
          </button>
        </div>
      )}
      {!user.value && !order && (
        <label>
          {t("guestEmail")}
          <input type="email" required value={email} onInput={(event) => setEmail(event.currentTarget.value)} />
        </label>
      )}
      <label>
        {t("payWith")}
        <select value={method} onChange={(event) => setMethod(event.currentTarget.value)}>
          {methods.data?.paymentMethods?.map((one) => (
            <option key={one.id} value={one.id}>
              {cardLabel(one)}
            </option>
          ))}
        </select>
      </label>
      <Problems errors={errors} />
      <button disabled={busy}>{busy ? t("working") : t("pay")}</button>
    </form>
  );
}
