// For those who work here: admitting people, and how the house is doing.
import { useState } from "preact/hooks";
import { Failure, Problems } from "../components/problems";
import { request } from "../graphql";
import { locale, money, percent, t, type Money } from "../i18n";
import { idempotencyKey, useQuery } from "../load";
import { type Refusal, refusalsOf } from "../refusals";
import { user } from "../session";

const CHECK_IN = `mutation CheckIn($input: CheckInTicketInput!) {
  checkInTicket(input: $input) { ticket { id status seat { id label } showtime { id movie { id title } } } errors { code message path } }
}`;
const DASHBOARD = `query Dashboard($locale: Locale) {
  dashboard {
    revenue { amount currency } orders ticketsSold checkIns newUsers occupancy
    topMovies { ticketsSold movie { id title(locale: $locale) } }
    salesByDay { date ticketsSold }
  }
}`;

const DAYS = 30;

interface Dashboard {
  revenue: Money[];
  orders: number;
  ticketsSold: number;
  checkIns: number;
  newUsers: number;
  occupancy: number | null;
  topMovies: { ticketsSold: number; movie: { id: string; title: string } }[];
  salesByDay: { date: string; ticketsSold: number }[];
}
interface Admitted {
  ticket: { status: string; seat: { label: string }; showtime: { movie: { title: string } | null } | null } | null;
  errors: Refusal[];
}

export function StaffView() {
  const role = user.value?.role;
  return (
    <div class="columns">
      <Scanner />
      {(role === "MANAGER" || role === "ADMIN") && <Figures />}
    </div>
  );
}

function Scanner() {
  const [answer, setAnswer] = useState<Admitted | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const input = { qrCode: String(fields.get("qrCode")).trim(), gate: fields.get("gate"), nonce: idempotencyKey() };
    try {
      const data = await request<{ checkInTicket: Admitted | null }>(CHECK_IN, { input });
      setAnswer(data.checkInTicket);
      if (data.checkInTicket?.ticket) form.reset();
    } catch (error) {
      setAnswer({ ticket: null, errors: refusalsOf(error) });
    }
  };
  return (
    <section class="card">
      <h1>{t("scan")}</h1>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          {t("qrText")} <input name="qrCode" required autofocus autocomplete="off" />
        </label>
        <label>
          {t("gate")} <input name="gate" defaultValue="1" required />
        </label>
        <button>{t("admit")}</button>
      </form>
      {answer?.ticket && (
        <p class="admitted" role="status">
          ✓ {answer.ticket.seat.label} · {answer.ticket.showtime?.movie?.title}
        </p>
      )}
      <Problems errors={answer?.errors ?? []} />
    </section>
  );
}

// One bar a day, also for the days without a sale.
function everyDay(sales: Dashboard["salesByDay"]): Dashboard["salesByDay"] {
  const sold = new Map(sales.map((one) => [one.date, one.ticketsSold]));
  const last = sales.reduce((latest, one) => (one.date > latest ? one.date : latest), new Date().toISOString().slice(0, 10));
  return [...Array(DAYS).keys()].map((index) => {
    const date = new Date(Date.parse(last) - (DAYS - 1 - index) * 86_400_000).toISOString().slice(0, 10);
    return { date, ticketsSold: sold.get(date) ?? 0 };
  });
}

function Figures() {
  const { data, error } = useQuery<{ dashboard: Dashboard | null }>(DASHBOARD, { locale: locale.value });
  const figures = data?.dashboard;
  if (!figures) return <Failure text={error} />;
  const sales = everyDay(figures.salesByDay);
  const most = Math.max(1, ...sales.map((one) => one.ticketsSold));
  return (
    <section class="card">
      <h1>{t("dashboard")}</h1>
      <dl class="figures">
        <div>
          <dt>{t("revenue")}</dt>
          <dd>{figures.revenue.map(money).join(" + ") || "—"}</dd>
        </div>
        <div>
          <dt>{t("ticketsSold")}</dt>
          <dd>{figures.ticketsSold}</dd>
        </div>
        <div>
          <dt>{t("checkIns")}</dt>
          <dd>{figures.checkIns}</dd>
        </div>
        <div>
          <dt>{t("newUsers")}</dt>
          <dd>{figures.newUsers}</dd>
        </div>
        <div>
          <dt>{t("occupancy")}</dt>
          <dd>{figures.occupancy === null ? "—" : percent(figures.occupancy)}</dd>
        </div>
      </dl>
      <svg class="bars" viewBox={`0 0 ${sales.length * 12} 100`} preserveAspectRatio="none" role="img" aria-label={t("ticketsSold")}>
        {sales.map((one, index) => (
          <rect key={one.date} x={index * 12 + 1} width={10} y={100 - (one.ticketsSold / most) * 96} height={(one.ticketsSold / most) * 96}>
            <title>{`${one.date}: ${one.ticketsSold}`}</title>
          </rect>
        ))}
      </svg>
      <ol>
        {figures.topMovies.map((one) => (
          <li key={one.movie.id}>
            {one.movie.title} · {one.ticketsSold}
          </li>
        ))}
      </ol>
    </section>
  );
}
