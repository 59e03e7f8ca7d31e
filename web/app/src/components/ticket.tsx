import { state } from "../i18n";

export interface TicketFields {
  id: string;
  status: string;
  qrCode: string;
  qrSvg: string;
  seat: { label: string };
}

// The SVG comes as a picture, never as markup: nothing in it can run.
export function Ticket({ ticket }: { ticket: TicketFields }) {
  return (
    <figure class={`ticket ${ticket.status.toLowerCase()}`} data-ticket={ticket.id} data-qr={ticket.qrCode}>
      <img alt={`QR ${ticket.seat.label}`} src={`data:image/svg+xml;utf8,${encodeURIComponent(ticket.qrSvg)}`} width={132} height={132} />
      <figcaption>
        <strong>{ticket.seat.label}</strong>
        <small>{state(ticket.status)}</small>
      </figcaption>
    </figure>
  );
}
