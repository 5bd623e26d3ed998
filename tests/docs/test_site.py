"""The documentation site builds without a warning, holds every page, leads nowhere that is not there, and asks nobody."""

import functools
import http.server
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from playwright.async_api import Page, async_playwright

from scripts import docs_build

from .chromium import find_chromium
from .pages import ROOT

ALERTS = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/monitoring/rules.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
    if "alert" in rule
]
DIAGRAMS = ("explanation/design/",)
WIDTHS = {"desktop": 1280, "phone": 390}
LOOKED_AT = (
    "",
    "tutorial/",
    "how-to/",
    "reference/roles/",
    "reference/case-api/cases/",
    "explanation/design/",
    "benchmarks/",
)


class Collected(HTMLParser):
    """The links, anchors and scripts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given["id"]} if given.get("id") else set()
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag in {"script", "img", "iframe"} and given.get("src"):
            self.loaded.append(given["src"])
        elif tag == "link" and given.get("href") and given.get("rel") in {"stylesheet", "icon", "preload"}:
            self.loaded.append(given["href"])


def run(command: list[str], *more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **docs_build.ENVIRONMENT}
    return subprocess.run(
        [*command, *more], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Build the site strictly, as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    answer = run(docs_build.command([]), "--site-dir", str(folder))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "WARNING" not in answer.stderr
    return folder


@functools.cache
def read(path: Path) -> Collected:
    return Collected(path.read_text(encoding="utf-8"))


def at(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("**/index.html"))


@pytest.mark.parametrize(
    ("link", "code"), [("other.md#there", 0), ("gone.md", 1), ("other.md#gone", 1), ("/other.md", 1)]
)
def test_a_link_that_leads_nowhere_ends_the_build(tmp_path, link, code):
    of_ours = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)["validation"]
    config = tmp_path / "mkdocs.yml"
    config.write_text(yaml.safe_dump({"site_name": "Planted", "validation": of_ours}), encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text(f"# A page\n\n[A link]({link})\n", encoding="utf-8")
    (tmp_path / "docs/other.md").write_text("# Another\n\n## There\n", encoding="utf-8")
    answer = run(docs_build.command([], config=config))
    assert answer.returncode == code, answer.stdout + answer.stderr


def test_every_page_is_in_the_site_and_in_the_menu_of_some_page(site):
    written = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").glob("**/*.md")}
    pages = {_address(path) for path in written if "vendor" not in path.parts}
    assert {page for page in pages if not (site / page / "index.html").is_file()} == set()
    reached = {_target(path, link) for path in at(site) for link in read(path).links}
    assert {page for page in pages if site / page not in reached} == set()


def _address(path: Path) -> str:
    return "/".join(path.with_suffix("").parts).removesuffix("index").removesuffix("README").rstrip("/")


def _target(path: Path, link: str) -> Path:
    return Path(os.path.normpath(path.parent / unquote(urlsplit(link).path)))


def test_every_link_within_the_site_leads_to_a_page_and_a_place_on_it(site):
    astray = []
    for path in at(site):
        for link in read(path).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = _target(path, link) if parts.path else path.parent
            page = target / "index.html" if target.is_dir() else target
            if not page.is_file() or (parts.fragment and unquote(parts.fragment) not in read(page).anchors | {"__top"}):
                astray.append((path.relative_to(site).as_posix(), link))
    assert astray == []


def test_nothing_is_loaded_from_elsewhere(site):
    elsewhere = {(path.name, each) for path in at(site) for each in read(path).loaded if urlsplit(each).netloc}
    assert elsewhere == set()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_leads_to_a_page_of_the_site(site, alert):
    path = alert["annotations"]["runbook_url"].removeprefix("{{ $externalLabels.forkant_docs }}/")
    page = site / path / "index.html"
    assert path.endswith("/"), path
    assert page.is_file(), path
    assert alert["alert"] in page.read_text(encoding="utf-8")


def test_the_search_knows_words_of_both_languages_and_of_made_pages(site):
    found = (site / "search/search_index.json").read_text(encoding="utf-8")
    assert re.search(r'"lang":\s*\["en",\s*"no"\]', found)
    assert "Avsluttet med evaluering" in found
    assert "urn:forkant:problem:" in found


@pytest.fixture
def served(site) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
async def test_pages_fit_the_screen_draw_their_diagrams_and_ask_nobody_else(served, width):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": WIDTHS[width], "height": 900})
        asked: list[str] = []
        errors: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        for path in LOOKED_AT:
            await page.goto(served + path)
            await _shows(page, diagrams=path in DIAGRAMS)
            assert await page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width], path
        await browser.close()
    assert [url for url in asked if not url.startswith((served, "data:", "blob:"))] == []
    assert errors == []


async def _shows(page: Page, *, diagrams: bool) -> None:
    await page.wait_for_selector("h1", state="visible")
    if diagrams:
        # The theme draws into a closed shadow root: that the source is gone and the place has a height is what is seen.
        await page.wait_for_function(
            "[...document.querySelectorAll('div.mermaid')].length > 1 && !document.querySelector('pre.mermaid')"
            " && [...document.querySelectorAll('div.mermaid')].every(each => each.getBoundingClientRect().height > 20)"
        )
