"""The page ``/docs``: Swagger UI over ``/openapi.json``, shipped with the kit; nothing is loaded from elsewhere."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

_FOLDER: Final = Path(__file__).parent / "vendor" / "swagger-ui"
_POLICY: Final = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
_START: Final = """\
SwaggerUIBundle({url: "/openapi.json", dom_id: "#page", persistAuthorization: true, tryItOutEnabled: true});
"""
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body>
<div id="page"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""


def docs_routes(title: str) -> list[BaseRoute]:
    """Return the routes of the page and its files; for development, since they are public."""

    async def page(_request: Request) -> Response:
        return HTMLResponse(_PAGE.format(title=title), headers={"Content-Security-Policy": _POLICY})

    async def start(_request: Request) -> Response:
        return Response(_START, media_type="text/javascript")

    return [
        Route("/docs", page),
        Route("/docs/start.js", start),
        Mount("/docs/assets", StaticFiles(directory=_FOLDER)),
    ]
