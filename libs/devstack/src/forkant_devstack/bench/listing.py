"""How long a page of cases takes among a million, everything on, for who sees few of them and for who sees many."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Final

import asyncpg
from case_service.stems import stems_sought
from forkant_kit.blind import Blinder

from forkant_devstack.bench import words
from forkant_devstack.bench.case_platform import running_case_service
from forkant_devstack.bench.http_line import Line
from forkant_devstack.bench.laboratory import Laboratory
from forkant_devstack.bench.report import Result, Spread, percentile

_CASES: Final = 1_000_000
_REQUESTS: Final = 600
_NARROWED: Final = 120
_CASES_OF_AN_OFFICER: Final = 12 * 200
_WARM_UP: Final = 30
_BAR_MS: Final = 50.0
_PAGE: Final = 50
# Each case has one member, one of 200 officers of its unit; the officer who asks is one of Oslo's.
_FILL: Final = (
    """
    INSERT INTO preventive_case (
        id, unit, version, revision, state, case_type, theme, age_band, subject_category, purpose_code, legal_basis,
        arena, special_category, title, opened_by, case_owner, opened_at, recorded_at, updated_at,
        clarification_deadline, retention_until, retention_rule, retention_rules_version, level, lowest_level)
    SELECT uuidv7(), (ARRAY['oslo', 'ost', 'innlandet', 'sor-ost', 'agder', 'sor-vest', 'vest', 'more-og-romsdal',
                            'trondelag', 'nordland', 'troms', 'finnmark'])[1 + n % 12], 1, 1,
           'registered', 'person', theme, '15_17',
           'at_risk', 'prevent_crime', 'police_act', 'physical', false, sha256('A case'), 'somebody', 'somebody',
           now(), now(), now(), current_date, current_date + 730, 'open_minor', 1, level, level
    FROM generate_series(1, $1) AS n, LATERAL (SELECT 1 + (n % 50 = 0)::int AS level) AS confidential,
        LATERAL (SELECT (ARRAY['drugs', 'violence', 'fraud', 'vandalism', 'radicalisation'])[
            CASE WHEN n / 12 % 1000 = 0 THEN 5 ELSE 1 + n / 12 % 4 END] AS theme) AS code
    """,
    """
    INSERT INTO access_grant (id, kind, subject, object_id, valid_from, reason, given_by)
    SELECT uuidv7(), 'member', 'officer' || coalesce(nullif(abs(hashtext(id::text)) % 200, 0)::text, '') || '-' || unit,
           id, now() - interval '1 day', '', 'somebody'
    FROM preventive_case
    """,
)
_BARE: Final = """
SELECT id, unit, state, version, case_type, theme, age_band, subject_category, arena, municipality_number, restricted,
       level, opened_at, updated_at, clarification_deadline, closed_at, close_reason, retention_until
FROM preventive_case AS c WHERE unit = 'oslo' AND {} ORDER BY id DESC LIMIT 51
"""
_FILTERS: Final = {
    "all": ("", "true"),
    "of a theme that a quarter has": ("&theme=fraud", "theme = 'fraud'"),
    "of a theme that one in a thousand has": ("&theme=radicalisation", "theme = 'radicalisation'"),
    "of a reason and a day that none has": (
        "&close_reason=moved&clarification_deadline_before=2020-01-01",
        "close_reason = 'moved' AND clarification_deadline < '2020-01-01'",
    ),
    "of a category, an arena and a basis that none has": (
        "&subject_category=guardian&arena=digital&legal_basis=consent",
        "subject_category = 'guardian' AND arena = 'digital' AND legal_basis = 'consent'",
    ),
    "opened on a day on which none was": (
        "&opened_from=2020-01-01T00:00:00Z&opened_before=2020-01-02T00:00:00Z",
        "opened_at >= '2020-01-01 00:00:00Z' AND opened_at < '2020-01-02 00:00:00Z'",
    ),
}
_SEARCHES: Final = {
    "with a word that a quarter has": words.FREQUENT,
    "with a word that one in a thousand has": words.RARE,
    "with both of these words": f"{words.FREQUENT} {words.RARE}",
    "with a word that none has": words.NOBODYS,
}
_BARE_WORD: Final = "EXISTS (SELECT FROM case_word AS w WHERE w.case_id = c.id AND w.word = {})"
_PEOPLE: Final = {"an officer, who sees cases as a member": "officer-oslo", "a lead, who sees the unit's": "lead-oslo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """A page that is asked for, and the bare query that finds the same cases of a lead."""

    name: str
    method: str
    path: str
    body: Mapping[str, object] | None
    bare: str
    count: int
    least: int
    most: int = _PAGE

    async def ask(self, line: Line, headers: Mapping[str, str]) -> None:
        answer = await line.send_json(self.method, self.path, headers, self.body)
        if not self.least <= len(answer["items"]) <= self.most:
            raise AssertionError(f"a page of {len(answer['items'])} cases is not what was to be measured")


def _questions(lab: Laboratory, blinder: Blinder, *, at_least: int) -> Iterator[_Question]:
    for name, (narrowed, condition) in _FILTERS.items():
        yield _Question(
            name=name,
            method="GET",
            path=f"/v1/cases?limit={_PAGE}{narrowed}",
            body=None,
            bare=_BARE.format(condition),
            count=lab.sized(_NARROWED if narrowed else _REQUESTS),
            least=0 if narrowed else at_least,
        )
    for name, searched in _SEARCHES.items():
        numbers = [blinder.written(stem, context="oslo") for stem in stems_sought(searched)]
        yield _Question(
            name=name,
            method="POST",
            path="/v1/cases/search",
            body={"words": searched, "limit": _PAGE},
            bare=_BARE.format(" AND ".join(_BARE_WORD.format(number) for number in numbers)),
            count=lab.sized(_NARROWED),
            least=min(1, at_least) if searched == words.FREQUENT else 0,
            most=0 if searched == words.NOBODYS else _PAGE,
        )


async def fill_with_cases(owner: "asyncpg.Connection[asyncpg.Record]", cases: int) -> None:
    """Insert cases of twelve units that 200 officers in each work on, as the owner who says that the system acts.

    They can be listed and not read: they have no data keys.
    """
    for statement in _FILL:
        await owner.execute(statement.replace("$1", str(cases)))
    await owner.execute("VACUUM ANALYZE")


async def bench_listing(lab: Laboratory) -> list[Result]:
    """List the first page of cases over HTTP, one request at a time; the ceiling is the bare query without any wall."""
    cases = lab.sized(_CASES)
    # An officer of a small load has fewer memberships than a page has room for.
    at_least = min(_PAGE, cases // _CASES_OF_AN_OFFICER // 2)
    async with running_case_service(lab, names=("case-api",)) as platform:
        owner = await asyncpg.connect(
            platform.nodes["case"].database.owner_url, server_settings={"forkant.system": "on"}
        )
        try:
            await fill_with_cases(owner, cases)
            blinder = await words.fill_with_words(owner)
            results = []
            for (who, persona), question in product(_PEOPLE.items(), _questions(lab, blinder, at_least=at_least)):
                bare = await owner.prepare(question.bare)
                line = await Line.open(platform.nodes["case"].url)
                ask = partial(question.ask, line, platform.issuer.headers(persona))
                measured, ceiling = await _times(ask, question.count), await _times(bare.fetch, question.count)
                line.close()
                asked = f"{question.name}, for {who}"
                results.append(_result(asked, measured, ceiling, cases=cases, count=question.count))
            return results
        finally:
            await owner.close()


async def _times(ask: Callable[[], Awaitable[object]], count: int) -> list[float]:
    """Return how many milliseconds each of so many requests took, after some that are not counted."""
    for _ in range(_WARM_UP):
        await ask()
    found = []
    for _ in range(count):
        began = time.perf_counter()
        await ask()
        found.append((time.perf_counter() - began) * 1000)
    return found


def _result(asked: str, measured: list[float], ceiling: list[float], *, cases: int, count: int) -> Result:
    p95, bare = percentile(measured, 0.95), percentile(ceiling, 0.95)
    return Result(
        benchmark="listing",
        load=f"{count:,} first pages of {_PAGE} over HTTP, one after the other: {asked}; {cases:,} cases of twelve "
        "units, 200 officers in each; ceiling: the bare query without HTTP, token, policy, row security and audit",
        figure="page of cases, p95",
        measured=Spread.of([p95]),
        ceiling=Spread.of([bare]),
        ratio=Spread.of([p95 / bare]),
        unit="ms",
        bar=f"p95 ≤ {_BAR_MS:.0f} ms",
        reached=p95 <= _BAR_MS,
        detail={"p50 ms": percentile(measured, 0.5), "max ms": max(measured), "bare p50 ms": percentile(ceiling, 0.5)},
    )
