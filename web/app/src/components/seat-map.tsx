// The seats of one showtime, drawn from their places. Every seat is a button: keyboard and screen readers work.
import { money, t, type Money, type Word } from "../i18n";

export type SeatStatus = "AVAILABLE" | "HELD" | "SOLD" | "CHECKED_IN" | "BLOCKED";
export interface Seat {
  id: string;
  label: string;
  row: string;
  number: number;
  kind: "STANDARD" | "PREMIUM" | "WHEELCHAIR" | "COMPANION";
  status: SeatStatus;
  mine: boolean;
  price: Money;
  x: number;
  y: number;
}

const SIZE = 30;
const STATUS_WORD: Record<SeatStatus, Word> = {
  AVAILABLE: "available",
  HELD: "held",
  SOLD: "sold",
  CHECKED_IN: "sold",
  BLOCKED: "blocked",
};

interface Props {
  seats: Seat[];
  chosen: ReadonlySet<string>;
  mine: ReadonlySet<string>;
  changed: ReadonlySet<string>;
  toggle: (seat: Seat) => void;
}

export function SeatMap({ seats, chosen, mine, changed, toggle }: Props) {
  if (!seats.length) return null;
  const xs = seats.map((seat) => seat.x);
  const ys = seats.map((seat) => seat.y);
  const left = Math.min(...xs) - 1.6;
  const top = Math.min(...ys) - 2.6;
  const width = Math.max(...xs) - left + 1.6;
  const height = Math.max(...ys) - top + 1.2;
  const rows = new Map<string, Seat>();
  for (const seat of seats) if ((rows.get(seat.row)?.x ?? Infinity) > seat.x) rows.set(seat.row, seat);
  return (
    <svg class="seat-map" viewBox={`${left * SIZE} ${top * SIZE} ${width * SIZE} ${height * SIZE}`} role="group" aria-label={t("chooseSeats")}>
      <path
        class="screen"
        d={`M${(left + 1.4) * SIZE} ${(top + 1.3) * SIZE} Q${(left + width / 2) * SIZE} ${(top + 0.1) * SIZE} ${(left + width - 1.4) * SIZE} ${(top + 1.3) * SIZE}`}
      />
      <text class="screen-label" x={(left + width / 2) * SIZE} y={(top + 1.5) * SIZE}>
        {t("screen")}
      </text>
      {[...rows].map(([row, first]) => (
        <text key={row} class="row-label" x={(first.x - 1) * SIZE} y={first.y * SIZE + 4}>
          {row}
        </text>
      ))}
      {seats.map((seat) => {
        const own = mine.has(seat.id) || seat.mine;
        const free = seat.status === "AVAILABLE";
        const state = chosen.has(seat.id) ? "chosen" : own ? "mine" : seat.status.toLowerCase();
        const choose = () => free && toggle(seat);
        return (
          <g
            key={seat.id}
            class={`seat ${state} ${seat.kind.toLowerCase()} ${changed.has(seat.id) ? "changed" : ""}`}
            transform={`translate(${seat.x * SIZE} ${seat.y * SIZE})`}
            role="checkbox"
            aria-checked={chosen.has(seat.id)}
            aria-disabled={!free}
            aria-label={`${seat.label}, ${own ? t("mine") : t(STATUS_WORD[seat.status])}, ${money(seat.price)}`}
            data-seat={seat.label}
            data-status={seat.status}
            tabIndex={free ? 0 : -1}
            onClick={choose}
            onKeyDown={(event) => (event.key === " " || event.key === "Enter") && (event.preventDefault(), choose())}
          >
            <title>{`${seat.label} · ${money(seat.price)}`}</title>
            <path class="cushion" d="M-11 -9 q0 -4 4 -4 h14 q4 0 4 4 v14 q0 5 -5 5 h-12 q-5 0 -5 -5 z" />
            <path class="arms" d="M-13 0 v4 q0 6 6 6 h14 q6 0 6 -6 v-4" />
            {seat.kind === "WHEELCHAIR" ? <text y="4">♿</text> : <text y="3">{seat.number}</text>}
          </g>
        );
      })}
    </svg>
  );
}

export function Legend() {
  const entries: [string, Word][] = [
    ["available", "available"],
    ["premium available", "premium"],
    ["held", "held"],
    ["sold", "sold"],
    ["mine", "mine"],
  ];
  return (
    <ul class="legend">
      {entries.map(([state, word]) => (
        <li key={state}>
          <i class={`swatch ${state}`} /> {t(word)}
        </li>
      ))}
    </ul>
  );
}
