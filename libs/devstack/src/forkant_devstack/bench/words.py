"""Words for the cases of a benchmark, as the case service keeps them: blinded, some ten for each case."""

from typing import Final

import asyncpg
from case_service.stems import stem
from forkant_kit.blind import Blinder
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.vault_settings import DEV_TEXT_KEY

FREQUENT: Final = "skole"
"""A word that every fourth case has."""
RARE: Final = "fyrverkeri"
"""A word that one case in a thousand has."""
NOBODYS: Final = "romskip"
"""A word that no case has."""

_OTHERS: Final = 20_000
_OTHERS_OF_A_CASE: Final = 10
# Other words are as frequent as words are: few of them often, most of them seldom.
_FILL: Final = (
    "CREATE TEMPORARY TABLE vocabulary (unit text, place int, word bigint, PRIMARY KEY (unit, place))",
    """
    INSERT INTO vocabulary SELECT unnest($1::text[]), unnest($2::int[]), unnest($3::bigint[])
    """,
    "ANALYZE vocabulary",
    """
    CREATE TEMPORARY TABLE of_case AS
    SELECT c.id AS case_id, v.word
    FROM (SELECT id, unit, row_number() OVER (PARTITION BY unit ORDER BY id) AS n FROM preventive_case) AS c,
        LATERAL (
            SELECT 2 + floor(power($2, random()))::int + 0 * n AS place FROM generate_series(1, $1)
            UNION SELECT 0 WHERE n % 4 = 0
            UNION SELECT 1 WHERE n % 1000 = 0) AS picked
        JOIN vocabulary AS v USING (place)
    WHERE v.unit = c.unit
    """,
    "ALTER TABLE case_words DISABLE TRIGGER USER",
    """
    INSERT INTO case_words SELECT case_id, 'preventive_case', $1::text, array_agg(DISTINCT word)
    FROM of_case GROUP BY 1
    """,
    "INSERT INTO case_word SELECT DISTINCT word, case_id FROM of_case ORDER BY word, case_id",
    "ALTER TABLE case_words ENABLE TRIGGER USER",
    "DROP TABLE of_case, vocabulary",
    "VACUUM ANALYZE case_words, case_word",
)


async def fill_with_words(owner: "asyncpg.Connection[asyncpg.Record]") -> Blinder:
    """Give every case some ten words, as the owner who says that the system acts; return what hashed them.

    It does so under the key of development, which the service has when it is given no other.
    """
    blinder = Blinder(Keyring(read_keys(DEV_TEXT_KEY)))
    words = [stem(FREQUENT), stem(RARE), *(f"word{number}" for number in range(_OTHERS + 1))]
    units = [row["unit"] for row in await owner.fetch("SELECT DISTINCT unit FROM preventive_case")]
    known = [(unit, place, blinder.written(word, context=unit)) for unit in units for place, word in enumerate(words)]
    arguments: dict[int, tuple[object, ...]] = {
        1: tuple(list(column) for column in zip(*known, strict=True)),
        3: (_OTHERS_OF_A_CASE, float(_OTHERS)),
        5: (blinder.newest,),
    }
    for number, statement in enumerate(_FILL):
        await owner.execute(statement, *arguments.get(number, ()))
    return blinder
