"""The page of the indicators, made from their definitions, with each text in bokmål and English."""

from typing import Final

from indicator_service.definitions import Count, Indicator, Text, Version, load_catalogue

from forkant_devstack.reference.markdown import codes, table

_HEAD: Final = """# Indicators

What the indicator service counts, as its definitions say it: they are data with versions, and every figure cites the
version that it was counted by. How they are counted, and what is hidden where numbers are small, is told in
[how indicators are counted](../explanation/indicators.md); how to read figures in
[figures](../how-to/figures.md).

"""
_DIRECTIONS: Final = {"higher": "higher is better", "lower": "lower is better", "neutral": "neither is better"}


def document() -> str:
    """Return the page's text."""
    catalogue = load_catalogue()
    rows = [(f"[{each.number}](#{_anchor(each)})", *_names(each.versions[-1].name)) for each in catalogue.indicators]
    return "\n".join(
        (
            _HEAD + table(("number", "bokmål", "English"), rows),
            *(_section(each) for each in catalogue.indicators),
            "## Plain counts\n",
            table(("key", "bokmål", "English"), [_count(each) for each in catalogue.counts]),
        )
    )


def _names(text: Text) -> tuple[str, str]:
    return text.nb, text.en


def _anchor(indicator: Indicator) -> str:
    return f"indicator-{indicator.number}"


def _section(indicator: Indicator) -> str:
    newest = indicator.versions[-1]
    head = f"## {indicator.number} {newest.name.en} {{ #{_anchor(indicator)} }}\n\nKey `{indicator.key}`.\n"
    return "\n".join((head, *(_version(each) for each in reversed(indicator.versions))))


def _version(version: Version) -> str:
    facts = [
        f"Version {version.version}, from {version.valid_from.isoformat()}",
        f"{version.kind} in {version.measurement_unit.replace('_', ' ')}",
        _DIRECTIONS[version.direction],
        f"at least {version.minimum_n} below the line",
    ]
    if version.dimensions:
        facts.append(f"split by {codes(version.dimensions)}")
    if not version.about_people:
        facts.append("nothing is hidden: it is not about people")
    texts = [
        ("name", version.name),
        ("what it says", version.description),
        ("numerator", version.numerator_text),
        ("denominator", version.denominator_text),
        *(("shown further", each.name) for each in version.further),
    ]
    rows = [(what, *_names(text)) for what, text in texts if text is not None]
    return f"{'; '.join(facts)}.\n\n{table(('', 'bokmål', 'English'), rows)}"


def _count(count: Count) -> tuple[str, str, str]:
    bokmaal, english = (
        f"**{name}.** {said}" for name, said in zip(*map(_names, (count.name, count.description)), strict=True)
    )
    return f"`{count.key}`", bokmaal, english
