"""The dashboard's page and files. They are public; the page gets its figures over the API with the reader's token."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Header, Query, Request, Response
from forkant_kit.problems import not_found
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

PAGE: Final = "/dashboard"
STATIC: Final = "/dashboard/static"
PUBLIC_PATHS: Final = frozenset({PAGE, f"{STATIC}/*", STATIC + "/{path:path}"})
"""What needs no token: the page, what lies below the folder, and the folder's route."""
_IMMUTABLE: Final = "public, max-age=31536000, immutable"

Language = Literal["nb", "nn", "en"]
_SPOKEN: Final[dict[str, Language]] = {"nb": "nb", "no": "nb", "nn": "nn", "en": "en"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFiles:
    """The files beside the template, in memory, under a name that changes with their content."""

    version: str
    by_path: dict[str, bytes]

    @classmethod
    def load(cls, folder: Path) -> "StaticFiles":
        """Read all files below a folder; a folder that isn't there has none."""
        found = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
        by_path = {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}
        digest = hashlib.sha256()
        for path, content in by_path.items():
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
        return cls(version=digest.hexdigest()[:16], by_path=by_path)


def dashboard_router(*, issuer: str, audience: str) -> APIRouter:
    """Return the routes of the dashboard for one issuer."""
    router = APIRouter(include_in_schema=False)
    folder = Path(__file__).parents[1] / "dashboard"
    files = StaticFiles.load(folder / "static")
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder / "templates"), undefined=StrictUndefined, autoescape=True
    )
    policy = content_security_policy(issuer)

    @router.get(PAGE)
    async def show_page(
        request: Request,
        lang: Annotated[Language | None, Query()] = None,
        accept_language: Annotated[str, Header()] = "",
    ) -> Response:
        page = environment.get_template("index.html").render(
            issuer=issuer.rstrip("/"),
            api_base=request.scope.get("root_path", ""),
            audience=audience,
            lang=lang or preferred_language(accept_language),
            static=f"{STATIC}/{files.version}",
        )
        headers = {"content-security-policy": policy, "cache-control": "no-cache", "vary": "accept-language"}
        return Response(page, media_type="text/html", headers=headers)

    @router.get(STATIC + "/{path:path}")
    async def show_file(path: str) -> Response:
        versioned = path.removeprefix(f"{files.version}/")
        content = files.by_path.get(versioned)
        if content is None:
            raise not_found()
        media_type = mimetypes.guess_type(versioned)[0] or "application/octet-stream"
        cache = _IMMUTABLE if versioned != path else "no-cache"
        headers = {"cache-control": cache, "content-security-policy": policy, "x-content-type-options": "nosniff"}
        return Response(content, media_type=media_type, headers=headers)

    return router


def content_security_policy(issuer: str) -> str:
    """Return the policy of the page: nothing but its own files, and calls to itself and the issuer."""
    parts = urlsplit(issuer)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self' {parts.scheme}://{parts.netloc}; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def preferred_language(accept: str) -> Language:
    """Return the first language of the header that the dashboard speaks, Norwegian when there is none."""
    for part in accept.lower().split(","):
        tag = part.split(";")[0].strip().split("-")[0]
        if tag in _SPOKEN:
            return _SPOKEN[tag]
    return "nb"
