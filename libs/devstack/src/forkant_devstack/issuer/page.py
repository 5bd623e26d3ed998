"""The log-in page: a plain form in which the developer picks who to be."""

from html import escape

from forkant_contracts.units import CASE_UNITS, UNITS

from forkant_devstack.issuer.personas import UNIT_ROLE_PREFIXES, featured_personas

STYLE = """
body{font:1.05rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;
color:#14202b;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
ul{list-style:none;padding:0;display:grid;gap:.5rem;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr))}
button{font:inherit;text-align:left;width:100%;padding:.6rem .8rem;border:1px solid #55677a;border-radius:.4rem;
background:#f3f6f9;color:inherit;cursor:pointer}button:hover{background:#e2eaf2}
button:focus-visible,select:focus-visible{outline:3px solid #0b5cad;outline-offset:2px}
button code{display:block;font-size:.9rem}select{font:inherit;padding:.4rem;width:100%}
label{display:block;margin:.6rem 0}p.note{border-left:4px solid #b45309;padding-left:.8rem}
@media(prefers-color-scheme:dark){body{background:#10161c;color:#e8eef4}button{background:#1c2732;border-color:#8fa3b8}
button:hover{background:#273544}select{background:#1c2732;color:inherit}}
"""


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def _hidden(parameters: dict[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in parameters.items()
    )


def _options(pairs: list[tuple[str, str]]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in pairs)


def persona_page(parameters: dict[str, str]) -> str:
    """Return the page that asks who to log in as; ``parameters`` travel along in the form."""
    hidden = _hidden(parameters)
    buttons = "".join(
        f'<li><button name="persona" value="{escape(p.name)}"><strong>{escape(p.title)}</strong>'
        f"<code>{escape(p.name)}</code></button></li>"
        for p in featured_personas()
    )
    roles = _options([(prefix, prefix) for prefix in UNIT_ROLE_PREFIXES])
    units = _options([(unit, UNITS[unit].name_nb) for unit in CASE_UNITS])
    return _document(
        "Forkant: log in for development",
        "<h1>Who do you want to be?</h1>"
        '<p class="note">Development only: there is no password, and all personas and data are made up.</p>'
        f'<form method="post" action="/authorize">{hidden}<h2>Ready personas</h2><ul>{buttons}</ul></form>'
        f'<form method="post" action="/authorize">{hidden}<h2>Any other unit</h2>'
        f'<label>Role <select name="role">{roles}</select></label>'
        f'<label>Unit <select name="unit">{units}</select></label>'
        "<button>Log in</button></form>",
    )


def refusal_page(reason: str) -> str:
    """Return the page for a request that can't be answered by a redirect."""
    return _document("Forkant: log-in refused", f"<h1>This log-in request can't be used</h1><p>{escape(reason)}</p>")
