"""The page on which the simulated bank asks its customer to authorise or refuse. Loads nothing."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from marquee_subgraphs.payments.adapters.simulator.api import BankApi
from marquee_subgraphs.payments.adapters.simulator.store import BankStore
from marquee_subgraphs.payments.adapters.simulator.webhooks import WebhookSender

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your bank</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 0; background: #eef1f5; color: #16202c; }}
main {{ max-width: 26rem; margin: 10vh auto; padding: 2rem; background: #fff; border-radius: .75rem; }}
.amount {{ font-size: 2rem; margin: 0; }}
form {{ display: flex; gap: 1rem; margin-top: 1.5rem; }}
button {{ flex: 1; padding: .75rem; font: inherit; border: 1px solid #1f4f82; border-radius: .5rem;
  background: #fff; color: #1f4f82; cursor: pointer; }}
button[value=authorise] {{ background: #1f4f82; color: #fff; }}
button:focus-visible {{ outline: 3px solid #f2a900; }}
</style>
</head>
<body><main>{content}</main></body>
</html>
"""
_QUESTION: Final = """<h1>Is this you?</h1>
<p>Marquee asks your bank for <span lang="es">(Marquee pide a tu banco)</span></p>
<p class="amount">{amount}</p>
<p>This is a simulated bank: no money moves.
<span lang="es">Es un banco simulado: no se mueve dinero.</span></p>
<form method="post">
<button name="decision" value="authorise">Authorise</button>
<button name="decision" value="refuse">Refuse</button>
</form>"""
_OVER: Final = (
    """<h1>{title}</h1><p>You can close this page. <span lang="es">Puedes cerrar esta página.</span></p>"""
)


def three_d_secure_routes(api: BankApi, store: BankStore, sender: WebhookSender) -> list[Route]:
    """GET and POST /bank/3ds/{intent}."""

    async def ask(request: Request) -> Response:
        row = store.intent(request.path_params["intent"])
        if row is None:
            return _page(_OVER.format(title="The bank knows nothing of this payment"), 404)
        if row["status"] != "requires_action":
            return _page(_OVER.format(title="This is decided already"))
        amount = f"{row['amount'] / 100:.2f} {escape(row['currency'].upper())}"
        return _page(_QUESTION.format(amount=amount))

    async def decide(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=5) as form:
            decision = form.get("decision")
        intent_id = request.path_params["intent"]
        row = store.intent(intent_id)
        if row is None:
            return _page(_OVER.format(title="The bank knows nothing of this payment"), 404)
        if decision not in {"authorise", "refuse"}:
            return _page(_OVER.format(title="Authorise or refuse"), 400)
        api.decide_action(intent_id, allowed=decision == "authorise")
        sender.wake()
        back = row["return_url"]
        if back and urlsplit(back).scheme in {"http", "https"}:
            return RedirectResponse(back, 303, headers={"Cache-Control": "no-store"})
        return _page(_OVER.format(title="Thank you"))

    return [
        Route("/bank/3ds/{intent}", ask, methods=["GET"]),
        Route("/bank/3ds/{intent}", decide, methods=["POST"]),
    ]


def _page(content: str, status: int = 200) -> Response:
    return HTMLResponse(_PAGE.format(content=content), status, headers=_HEADERS)
