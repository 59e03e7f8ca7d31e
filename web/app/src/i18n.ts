// The page's words in two languages, and how it writes dates and money.
import { signal } from "@preact/signals";

export type Locale = "EN" | "ES";

export const locale = signal<Locale>(
  (localStorage.getItem("marquee.locale") as Locale | null) ?? (navigator.language.startsWith("es") ? "ES" : "EN"),
);

export function setLocale(next: Locale): void {
  locale.value = next;
  localStorage.setItem("marquee.locale", next);
  document.documentElement.lang = next.toLowerCase();
}

const WORDS = {
  programme: ["Programme", "Cartelera"],
  search: ["Search films", "Buscar películas"],
  account: ["My Marquee", "Mi Marquee"],
  staff: ["Staff", "Personal"],
  logIn: ["Log in", "Entrar"],
  logOut: ["Log out", "Salir"],
  register: ["Create account", "Crear cuenta"],
  name: ["Name", "Nombre"],
  email: ["Email", "Correo"],
  password: ["Password", "Contraseña"],
  nothingOn: ["Nothing on at this cinema that day.", "No hay funciones en este cine ese día."],
  unavailable: ["This part cannot be shown at the moment.", "Esta parte no se puede mostrar en este momento."],
  minutes: ["min", "min"],
  review: ["review", "reseña"],
  reviews: ["reviews", "reseñas"],
  unreachable: ["Marquee cannot be reached at the moment. Try again.", "No se puede llegar a Marquee en este momento. Inténtalo otra vez."],
  noMovie: ["There is no such film.", "No existe esa película."],
  noShowtime: ["There is no such showtime.", "No existe esa función."],
  today: ["Today", "Hoy"],
  screen: ["Screen", "Pantalla"],
  chooseSeats: ["Choose your seats", "Elige tus butacas"],
  best: ["Best two", "Las dos mejores"],
  hold: ["Hold these seats", "Reservar estas butacas"],
  release: ["Let them go", "Soltarlas"],
  heldFor: ["Yours for", "Tuyas por"],
  available: ["Available", "Libre"],
  held: ["Held", "Reservada"],
  sold: ["Sold", "Vendida"],
  blocked: ["Closed", "Cerrada"],
  mine: ["Yours", "Tuya"],
  premium: ["Premium", "Premium"],
  wheelchair: ["Wheelchair", "Silla de ruedas"],
  companion: ["Companion", "Acompañante"],
  total: ["Total", "Total"],
  tax: ["of which tax", "impuestos incluidos"],
  voucher: ["Voucher", "Cupón"],
  apply: ["Apply", "Aplicar"],
  payWith: ["Pay with", "Pagar con"],
  pay: ["Pay", "Pagar"],
  working: ["One moment…", "Un momento…"],
  guestEmail: ["Email for the tickets", "Correo para las entradas"],
  bankAsks: ["Your bank asks you to confirm.", "Tu banco pide confirmación."],
  openBank: ["Open the bank's page", "Abrir la página del banco"],
  confirmed: ["I have confirmed", "Ya confirmé"],
  enjoy: ["Enjoy the film.", "Disfruta la película."],
  yourTickets: ["Your tickets", "Tus entradas"],
  orders: ["Orders", "Pedidos"],
  cancelOrder: ["Cancel and refund", "Anular y reembolsar"],
  notifications: ["Messages", "Mensajes"],
  markRead: ["Mark as read", "Marcar como leído"],
  mailbox: ["Mail", "Correo"],
  membership: ["Membership", "Membresía"],
  join: ["Join", "Unirme"],
  points: ["points", "puntos"],
  pending: ["pending", "pendientes"],
  rewards: ["Rewards", "Recompensas"],
  redeem: ["Redeem", "Canjear"],
  scan: ["Check in", "Control de entrada"],
  qrText: ["Text of the QR code", "Texto del código QR"],
  gate: ["Gate", "Puerta"],
  admit: ["Admit", "Admitir"],
  dashboard: ["Last 30 days", "Últimos 30 días"],
  revenue: ["Revenue", "Ingresos"],
  ticketsSold: ["Tickets sold", "Entradas vendidas"],
  checkIns: ["Checked in", "Ingresos a sala"],
  newUsers: ["New users", "Usuarios nuevos"],
  occupancy: ["Occupancy", "Ocupación"],
  writeReview: ["Write a review", "Escribir una reseña"],
  rating: ["Rating", "Puntaje"],
  title: ["Title", "Título"],
  yourWords: ["Your words", "Tus palabras"],
  send: ["Send", "Enviar"],
  helpful: ["Helpful", "Útil"],
  verified: ["saw it here", "la vio aquí"],
  expired: ["The hold has ended; the seats are free again.", "La reserva terminó; las butacas están libres otra vez."],
  salesClosed: ["Sales are closed.", "La venta terminó."],
  live: ["live", "en vivo"],
  none: ["Nothing here yet.", "Todavía no hay nada."],
  directedBy: ["Directed by", "Dirección"],
  withCast: ["With", "Con"],
  demoUsers: ["Demo users", "Usuarios de demostración"],
} satisfies Record<string, [string, string]>;

export type Word = keyof typeof WORDS;

export function t(word: Word): string {
  return WORDS[word][locale.value === "EN" ? 0 : 1];
}

const STATES: Record<string, [string, string]> = {
  PENDING_PAYMENT: ["Awaiting payment", "Pago pendiente"],
  CONFIRMED: ["Confirmed", "Confirmado"],
  PARTIALLY_REFUNDED: ["Partly refunded", "Reembolso parcial"],
  REFUNDED: ["Refunded", "Reembolsado"],
  EXPIRED: ["Expired", "Vencido"],
  FAILED: ["Failed", "Fallido"],
  CANCELLED: ["Cancelled", "Anulado"],
  VALID: ["Valid", "Válida"],
  CHECKED_IN: ["Used", "Usada"],
  REFUND_PENDING: ["Refund under way", "Reembolso en curso"],
  VOID: ["Void", "Nula"],
};

// What an order's or a ticket's status is called; an unknown one keeps its code.
export function state(code: string): string {
  return STATES[code]?.[locale.value === "EN" ? 0 : 1] ?? code;
}

export interface Money {
  amount: string;
  currency: string;
}

export function money(value: Money): string {
  return new Intl.NumberFormat(locale.value.toLowerCase(), { style: "currency", currency: value.currency }).format(Number(value.amount));
}

export function percent(ratio: number): string {
  return new Intl.NumberFormat(locale.value.toLowerCase(), { style: "percent", maximumFractionDigits: 1 }).format(ratio);
}

export function time(instant: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale.value.toLowerCase(), { hour: "numeric", minute: "2-digit", timeZone }).format(new Date(instant));
}

export function day(instant: string | Date, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale.value.toLowerCase(), { weekday: "short", day: "numeric", month: "short", timeZone }).format(
    new Date(instant),
  );
}
