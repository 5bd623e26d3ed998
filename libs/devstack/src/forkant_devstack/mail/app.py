"""The catcher's page and what the command reads."""

from html import escape
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import StatelessLifespan

from forkant_devstack.issuer.codes import LOOPBACK_HOSTS
from forkant_devstack.issuer.page import STYLE
from forkant_devstack.mail.box import Box, Caught

# A mail may hold any markup: it is shown in a frame that runs, loads and sends nothing.
_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_TABLE: Final = "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem .3rem 0}"
_FRAME: Final = "pre{white-space:pre-wrap}iframe{width:100%;height:24rem;border:1px solid #55677a;background:#fff}"


def create_mail_app(box: Box, *, lifespan: StatelessLifespan[Starlette] | None = None) -> Starlette:
    """Return the ASGI application that shows a box."""
    app = Starlette(
        routes=[
            Route("/", _list_page),
            Route("/mails/{number:int}", _mail_page),
            Route("/api/mails", _list),
            Route("/api/mails/{number:int}", _one),
            Route("/health/live", _live),
            Route("/health/ready", _live),
        ],
        # Only names of this machine: a web page that rebinds its own name to 127.0.0.1 reads no mail.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=sorted(LOOPBACK_HOSTS | {"[::1]"}))],
        lifespan=lifespan,
    )
    app.state.box = box
    return app


def _box(request: Request) -> Box:
    box: Box = request.app.state.box
    return box


async def _live(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _list(request: Request) -> Response:
    return JSONResponse({"items": [_told(mail) for mail in _box(request).newest()]}, headers=_HEADERS)


async def _one(request: Request) -> Response:
    mail = _box(request).one(request.path_params["number"])
    if mail is None:
        return JSONResponse({"detail": "there is no such mail"}, status_code=404)
    body = {**_told(mail), "headers": mail.headers, "text": mail.text, "html": mail.html}
    return JSONResponse(body, headers=_HEADERS)


async def _list_page(request: Request) -> Response:
    mails = _box(request).newest()
    rows = "".join(
        f"<tr><td>{mail.caught_at:%H:%M:%S}</td><td>{escape(', '.join(mail.recipients))}</td>"
        f'<td><a href="/mails/{mail.number}">{escape(mail.subject) or "(no subject)"}</a></td></tr>'
        for mail in mails
    )
    table = f"<table><tr><th>Caught (UTC)</th><th>To</th><th>Subject</th></tr>{rows}</table>"
    body = table if mails else "<p>Nothing was sent yet.</p>"
    return _page("Caught mail", f'<p class="note">Development only: no mail leaves this machine.</p>{body}')


async def _mail_page(request: Request) -> Response:
    mail = _box(request).one(request.path_params["number"])
    if mail is None:
        return PlainTextResponse("there is no such mail", status_code=404)
    headers = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in mail.headers)
    envelope = f"<p>From {escape(mail.sender) or 'nobody'} to {escape(', '.join(mail.recipients))}</p>"
    html = f'<h2>HTML</h2><iframe sandbox title="HTML" srcdoc="{escape(mail.html)}"></iframe>' if mail.html else ""
    parts = f"{envelope}<table>{headers}</table><h2>Text</h2><pre>{escape(mail.text)}</pre>{html}"
    return _page(mail.subject or "(no subject)", f'<p><a href="/">All mail</a></p>{parts}')


def _told(mail: Caught) -> dict[str, object]:
    return {
        "number": mail.number,
        "caught_at": mail.caught_at.isoformat(),
        "sender": mail.sender,
        "recipients": mail.recipients,
        "subject": mail.subject,
    }


def _page(title: str, body: str) -> Response:
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{_TABLE}{_FRAME}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>",
        headers=_HEADERS,
    )
