"""Hooks of the documentation site: pages that are made from the code, the menu, and links that lead out of `docs`.

`mkdocs build` calls the functions by their names.
"""

import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from forkant_devstack.reference.site import made_pages
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parents[1]
MERMAID: Final = "assets/vendor/mermaid/mermaid.min.js"
_NOT_PAGES: Final = {"assets/vendor/mermaid/VENDORED.md"}
_LINK: Final = re.compile(r"(?<!!)\[([^\]\n]*)\]\(([^)\s:]+)\)")
_BUNDLE: Final = '<script src="{}assets/javascripts/bundle.'


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Replace each `folder/*` of the menu by the folder's pages that no other entry names."""
    written = {path.relative_to(config.docs_dir).as_posix() for path in Path(config.docs_dir).glob("**/*.md")}
    found = sorted((written | _made().keys()) - _NOT_PAGES)
    named = set(_named(config.nav))
    config.nav = _filled(config.nav, [path for path in found if path not in named])
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the made pages, and leave out what is no page."""
    for path in _NOT_PAGES:
        if (file := files.get_file_from_path(path)) is not None:
            files.remove(file)
    for path, text in _made().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Show a link that leads out of `docs` as the path of the file in the repository: the site does not have it."""
    del config, files
    folder = PurePosixPath("docs", page.file.src_uri).parent
    return _LINK.sub(lambda match: _inside(match, folder), markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Load the drawing of diagrams, from the site itself, where a page has one: the theme would fetch it elsewhere."""
    del config
    if '<pre class="mermaid">' not in output:
        return output
    up = "../" * page.url.count("/")
    head, bundle, rest = output.partition(_BUNDLE.format(up))
    if not bundle:
        raise ValueError(f"{page.url}: the theme's script is not where it was")
    return f'{head}<script src="{up}{MERMAID}"></script>{bundle}{rest}'


@functools.cache
def _made() -> dict[str, str]:
    return made_pages(ROOT)


def _named(entry: Any) -> Iterator[str]:
    """Yield the pages that the menu names by themselves."""
    if isinstance(entry, str) and not entry.endswith("/*"):
        yield entry
    elif isinstance(entry, list | dict):
        for each in entry.values() if isinstance(entry, dict) else entry:
            yield from _named(each)


def _filled(entry: Any, rest: list[str]) -> Any:
    if isinstance(entry, str) and entry.endswith("/*"):
        return [_entry(path) for path in rest if PurePosixPath(path).parent == PurePosixPath(entry).parent] or None
    if isinstance(entry, dict):
        filled = {title: _filled(each, rest) for title, each in entry.items()}
        return {title: each for title, each in filled.items() if each is not None} or None
    if isinstance(entry, list):
        return [each for part in entry if (each := _filled(part, rest)) is not None]
    return entry


def _entry(path: str) -> str | dict[str, str]:
    """Return a page's entry: an API's subject by its short name, others by their heading."""
    page = PurePosixPath(path)
    named_by_heading = not page.parent.name.endswith("-api") or page.stem == "index"
    return path if named_by_heading else {page.stem.replace("-", " ").capitalize(): path}


def _inside(match: re.Match[str], folder: PurePosixPath) -> str:
    text, target = match.groups()
    path = os.path.normpath(folder / target.partition("#")[0])
    if target.startswith("#") or path.startswith("docs/"):
        return match.group()
    if not (ROOT / path).exists():
        raise ValueError(f"{folder}: a link leads to {path}, which is not there")
    return f"{text} (`{path}`)"
