// One showtime: the live seat map, the hold, the checkout beside it.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Countdown } from "../components/countdown";
import { Failure, Problems } from "../components/problems";
import { Legend, type Seat, SeatMap } from "../components/seat-map";
import { request, subscribe } from "../graphql";
import { day, locale, money, t, time, type Money } from "../i18n";
import { idempotencyKey } from "../load";
import { type Refusal, refusalsOf, wordsOf } from "../refusals";
import { known, user } from "../session";
import { Checkout } from "./checkout";

const SEAT = "id label row number kind x y status mine price { amount currency }";
const SHOWTIME = `query Showtime($id: ID!, $locale: Locale) {
  showtime(id: $id) {
    id startsAt endsAt salesCloseAt status format language basePrice { amount currency }
    movie { id title(locale: $locale) posterUrl runtimeMinutes certificate }
    auditorium { id name } cinema { id name timeZone }
    seatMap { version now seats { ${SEAT} } }
  }
}`;
const CHANGED = `subscription SeatMap($showtimeId: ID!, $afterVersion: Int) {
  seatMapChanged(showtimeId: $showtimeId, afterVersion: $afterVersion) { version seats { id status } }
}`;
const BEST = `query Best($id: ID!, $count: Int!) { showtime(id: $id) { id bestAvailable(count: $count) { id } } }`;
const HOLD = `mutation Hold($input: HoldSeatsInput!) {
  holdSeats(input: $input) {
    hold { id token expiresAt seats { id label } }
    errors { __typename code message path ... on SeatsUnavailable { alternatives { id label } } ... on LonelySeat { alternatives { id label } } }
  }
}`;
const OPEN = `mutation Open($input: ExtendHoldInput!) {
  extendHold(input: $input) { hold { id token expiresAt seats { id label } } errors { __typename code message path } }
}`;
const RELEASE = "mutation Release($input: ReleaseHoldInput!) { releaseHold(input: $input) { errors { code message } } }";

export interface Showtime {
  id: string;
  startsAt: string;
  salesCloseAt: string;
  status: string;
  format: string;
  basePrice: Money;
  movie: { id: string; title: string; posterUrl: string; runtimeMinutes: number; certificate: string } | null;
  auditorium: { name: string };
  cinema: { name: string; timeZone: string };
  seatMap: { version: number; now: string; seats: Seat[] } | null;
}
export interface Hold {
  id: string;
  token: string;
  expiresAt: string;
  seats: { id: string; label: string }[];
}
interface Problem extends Refusal {
  alternatives?: { id: string; label: string }[];
}

const holdKey = (id: string) => `marquee.hold.${id}`;

function keptHold(id: string): Hold | null {
  const kept = JSON.parse(sessionStorage.getItem(holdKey(id)) ?? "null") as Hold | null;
  return kept && Date.parse(kept.expiresAt) > Date.now() ? kept : null;
}

// `offered` is the token of seats that are held for who waited; a mail leads here with it.
export function ShowtimeView({ id, offered }: { id: string; offered?: string }) {
  const [showtime, setShowtime] = useState<Showtime | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [hold, setHoldState] = useState<Hold | null>(keptHold(id));
  const [errors, setErrors] = useState<Problem[]>([]);
  const [done, setDone] = useState(false);
  const [bought, setBought] = useState<Hold["seats"]>([]);
  const seats = useLiveSeats(id, showtime);
  const setHold = useCallback((next: Hold | null) => {
    if (next) sessionStorage.setItem(holdKey(id), JSON.stringify(next));
    else sessionStorage.removeItem(holdKey(id));
    setHoldState(next);
  }, []);

  useEffect(() => {
    request<{ showtime: Showtime | null }>(SHOWTIME, { id, locale: locale.value }).then(
      (data) => (data.showtime ? setShowtime(data.showtime) : setFailure(t("noShowtime"))),
      (error: unknown) => setFailure(refusalsOf(error).map(wordsOf).join(" ")),
    );
  }, [id, locale.value, user.value]);

  useEffect(() => {
    if (!offered || !known.value || hold?.token === offered) return;
    request<{ extendHold: { hold: Hold | null; errors: Problem[] } }>(OPEN, { input: { holdToken: offered } }).then(
      ({ extendHold: opened }) => {
        setErrors(opened.errors);
        if (opened.hold) setHold(opened.hold);
      },
      (error: unknown) => setErrors(refusalsOf(error)),
    );
  }, [offered, known.value, user.value]);

  const house = useRef<HTMLDivElement>(null);
  const drawn = seats.list.length > 0;
  useEffect(() => {
    // Where the hall is wider than the screen, begin at its middle.
    if (house.current) house.current.scrollLeft = (house.current.scrollWidth - house.current.clientWidth) / 2;
  }, [drawn]);
  const mine = useMemo(() => new Set([...(hold?.seats ?? []), ...bought].map((seat) => seat.id)), [hold, bought]);
  useEffect(() => {
    // A seat that somebody else took leaves the choice.
    const free = new Set(seats.list.filter((seat) => seat.status === "AVAILABLE").map((seat) => seat.id));
    setChosen((before) => ([...before].every((seat) => free.has(seat)) ? before : new Set([...before].filter((seat) => free.has(seat)))));
  }, [seats.list]);

  if (!showtime) return <Failure text={failure} />;
  const offsetMs = showtime.seatMap ? Date.parse(showtime.seatMap.now) - seats.loadedAt : 0;
  const zone = showtime.cinema.timeZone;

  const toggle = (seat: Seat) =>
    setChosen((before) => {
      const after = new Set(before);
      if (!after.delete(seat.id)) after.add(seat.id);
      return after;
    });
  const claim = async () => {
    const input = { showtimeId: id, seatIds: [...chosen], idempotencyKey: idempotencyKey() };
    try {
      const data = await request<{ holdSeats: { hold: Hold | null; errors: Problem[] } }>(HOLD, { input });
      setErrors(data.holdSeats.errors);
      if (data.holdSeats.hold) {
        setHold(data.holdSeats.hold);
        setChosen(new Set());
      } else {
        const way = data.holdSeats.errors.find((error) => error.alternatives?.length);
        if (way) setChosen(new Set(way.alternatives!.map((seat) => seat.id)));
      }
    } catch (error) {
      setErrors(refusalsOf(error));
    }
  };
  const release = async () => {
    if (hold) await request(RELEASE, { input: { holdToken: hold.token } });
    setHold(null);
  };
  const best = async () => {
    const data = await request<{ showtime: { bestAvailable: { id: string }[] | null } | null }>(BEST, { id, count: 2 });
    setChosen(new Set(data.showtime?.bestAvailable?.map((seat) => seat.id)));
  };
  const picked = seats.list.filter((seat) => chosen.has(seat.id));
  const closed = showtime.status !== "SCHEDULED" || Date.parse(showtime.salesCloseAt) < Date.now() + offsetMs;
  return (
    <section class="showtime">
      <header class="showing">
        {showtime.movie && <img src={showtime.movie.posterUrl} alt="" width={80} height={120} />}
        <div>
          {showtime.movie && (
            <h1>
              <a href={`#/movies/${showtime.movie.id}`}>{showtime.movie.title}</a>
            </h1>
          )}
          <p>
            {day(showtime.startsAt, zone)}, {time(showtime.startsAt, zone)} · {showtime.cinema.name} · {showtime.auditorium.name}
          </p>
          <p class="facts">
            {showtime.movie && `${showtime.movie.runtimeMinutes} ${t("minutes")} · ${showtime.movie.certificate} · `}
            <span class="live">{t("live")}</span>
          </p>
        </div>
      </header>
      <div class="floor">
        <div class="house" ref={house}>
          <SeatMap seats={seats.list} chosen={chosen} mine={mine} changed={seats.changed} toggle={toggle} />
          <Legend />
        </div>
        <aside class="card">
          {closed && !hold && <p>{t("salesClosed")}</p>}
          {!closed && !hold && !done && (
            <>
              <h2>{t("chooseSeats")}</h2>
              <p class="picked">{picked.map((seat) => `${seat.label} ${money(seat.price)}`).join(" · ") || "—"}</p>
              <Problems errors={errors} />
              <button disabled={!chosen.size} onClick={() => void claim()}>
                {t("hold")}
              </button>{" "}
              <button class="quiet" onClick={() => void best()}>
                {t("best")}
              </button>
            </>
          )}
          {hold && !done && (
            <>
              <h2>
                {hold.seats.map((seat) => seat.label).join(", ")}{" "}
                <small>
                  {t("heldFor")}{" "}
                  <Countdown
                    until={hold.expiresAt}
                    offsetMs={offsetMs}
                    onEnd={() => {
                      setHold(null);
                      setErrors([{ code: "HOLD_EXPIRED", message: t("expired") }]);
                    }}
                  />
                </small>
              </h2>
              <button class="quiet" onClick={() => void release()}>
                {t("release")}
              </button>
            </>
          )}
          {(hold || done) && (
            <Checkout
              showtimeId={id}
              hold={hold}
              sold={() => {
                setDone(true);
                setBought(hold?.seats ?? []);
                setHold(null);
              }}
            />
          )}
        </aside>
      </div>
    </section>
  );
}

// The seats as they are now: the first picture, then every change as the server tells it.
function useLiveSeats(id: string, showtime: Showtime | null) {
  const [list, setList] = useState<Seat[]>([]);
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const version = useRef(0);
  const loadedAt = useRef(Date.now());
  useEffect(() => {
    if (!showtime?.seatMap) return;
    version.current = showtime.seatMap.version;
    loadedAt.current = Date.now();
    setList(showtime.seatMap.seats);
    return subscribe<{ seatMapChanged: { version: number; seats: Pick<Seat, "id" | "status">[] } }>(
      CHANGED,
      () => ({ showtimeId: id, afterVersion: version.current }),
      ({ seatMapChanged: change }) => {
        version.current = Math.max(version.current, change.version);
        // The feed is the same for everybody, so it never says whose a seat is: mine stays mine until it is free.
        const news = new Map(change.seats.map((seat) => [seat.id, seat.status === "AVAILABLE" ? { ...seat, mine: false } : seat]));
        setList((before) => before.map((seat) => ({ ...seat, ...news.get(seat.id) })));
        setChanged(new Set(news.keys()));
      },
    );
  }, [showtime]);
  return { list, changed, loadedAt: loadedAt.current };
}
