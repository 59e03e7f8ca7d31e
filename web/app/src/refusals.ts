// What the server says, for people: its own English, with the field it speaks of; in Spanish by its codes.
import { GraphQLFailure } from "./graphql";
import { locale, t, type Word } from "./i18n";

export interface Refusal {
  code: string;
  message: string;
  path?: string[] | null;
}

const SPANISH: Record<string, string> = {
  ALREADY_CHECKED_IN: "Con esta entrada ya entró alguien.",
  CARD_DECLINED: "Tu banco rechazó el pago. Prueba con otra tarjeta.",
  COMPANION_ONLY: "La butaca de acompañante se vende junto con su espacio para silla de ruedas.",
  EMAIL_TAKEN: "Ya hay una cuenta con ese correo.",
  HOLD_EXPIRED: "La reserva terminó; las butacas están libres otra vez.",
  HOLD_ORDERED: "Estas butacas ya están en un pedido.",
  IDEMPOTENCY_CONFLICT: "Ese pedido ya se envió con otros datos.",
  INVALID_CREDENTIALS: "El correo o la contraseña no son correctos.",
  INVALID_INPUT: "no es válido",
  LONELY_SEAT: "Así quedaría una butaca sola. Elegimos otras por ti.",
  NOT_A_MEMBER: "Primero únete al club.",
  NOT_ALLOWED: "Esto no te está permitido.",
  NOT_ENOUGH_POINTS: "Todavía no te alcanzan los puntos.",
  NOT_FOUND: "No se encontró.",
  ORDER_NOT_CANCELLABLE: "Este pedido ya no se puede anular.",
  ORDER_NOT_PAYABLE: "Este pedido ya no se puede pagar.",
  PAYMENT_UNKNOWN: "El banco no respondió. Estamos averiguando si pagó: no se te cobrará dos veces.",
  RATE_LIMITED: "Demasiados intentos. Espera un momento.",
  REQUEST_IN_PROGRESS: "Ese pedido todavía se está atendiendo.",
  REVIEW_EXISTS: "Ya escribiste una reseña de esta película.",
  REWARD_UNAVAILABLE: "Esta recompensa ya no está disponible.",
  SALES_CLOSED: "La venta terminó.",
  SEATS_UNAVAILABLE: "Alguna de estas butacas ya no está libre. Elegimos otras por ti.",
  TEMPORARILY_UNAVAILABLE: "No se puede en este momento. Inténtalo otra vez en un rato.",
  TICKET_NOT_ADMITTED: "Esta entrada no es válida aquí.",
  TICKET_VOID: "Esta entrada fue anulada.",
  TOO_MANY_SEATS: "Se venden diez butacas por persona y función como máximo.",
  UNKNOWN_TICKET: "Este código no es de una entrada nuestra.",
  VOUCHER_INVALID: "Este cupón no vale para este pedido.",
  WEAK_PASSWORD: "Esa contraseña es fácil de adivinar. Elige una más larga.",
  WRONG_DAY: "Esta entrada es para otra hora.",
};

const FIELDS: Record<string, Word> = {
  body: "yourWords",
  email: "email",
  gate: "gate",
  name: "name",
  password: "password",
  qrCode: "qrText",
  rating: "rating",
  title: "title",
  voucher: "voucher",
};

export function wordsOf({ code, message, path }: Refusal): string {
  const said = locale.value === "ES" ? (SPANISH[code] ?? message) : message;
  if (code !== "INVALID_INPUT") return said;
  const field = FIELDS[path?.at(-1) ?? ""];
  return field ? `${t(field)}: ${said}` : said;
}

// Of an exception: what the server refused, or that it could not be reached.
export function refusalsOf(error: unknown): Refusal[] {
  if (!(error instanceof GraphQLFailure)) return [{ code: "UNREACHABLE", message: t("unreachable") }];
  return error.errors.map(({ message, extensions }) => ({ code: extensions?.code ?? "FAILED", message }));
}

const LINES: Record<string, string> = {
  BOOKING_FEE: "Cargo por reserva",
  MEMBER_DISCOUNT: "Descuento de socio",
  VOUCHER: "Cupón",
};

export function lineLabel({ kind, label }: { kind: string; label: string }): string {
  return (locale.value === "ES" && LINES[kind]) || label;
}

const CARDS: Record<string, string> = {
  pm_card_visa: "se acepta",
  pm_card_mastercard: "se acepta",
  pm_card_threeDSecureRequired: "el banco pregunta antes a su cliente",
  pm_card_chargeDeclined: "se rechaza",
  pm_card_chargeDeclinedInsufficientFunds: "se rechaza: no hay fondos",
  pm_card_timeout: "se acepta, pero la respuesta se pierde",
  pm_card_captureFails: "se autoriza, pero después no se puede cobrar",
  pm_card_refundFails: "se acepta, pero no se le puede devolver nada",
};

export function cardLabel({ id, label, behaviour }: { id: string; label: string; behaviour: string }): string {
  return `${label} — ${(locale.value === "ES" && CARDS[id]) || behaviour}`;
}
