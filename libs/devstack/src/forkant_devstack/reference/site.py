"""All pages that the documentation site makes when it is built, so that none can be out of date."""

from pathlib import Path

from forkant_devstack.reference import (
    api_pages,
    asyncapi_page,
    commands_page,
    decisions_page,
    indicators_page,
    metrics_page,
    problems_page,
    roles_page,
)


def made_pages(root: Path) -> dict[str, str]:
    """Return the text of every page by its path below `docs`."""
    return {
        **api_pages.pages(root),
        "reference/asyncapi.md": asyncapi_page.document(root),
        "reference/commands.md": commands_page.document(),
        "reference/indicators.md": indicators_page.document(),
        "reference/metrics.md": metrics_page.document(root),
        "reference/problems.md": problems_page.document(root),
        "reference/roles.md": roles_page.document(),
        "adr/index.md": decisions_page.document(root),
    }
