"""The facts behind figures, for whoever says that they look behind those of a district whose exact figures they see.

The tables stay the worker's: the API is given functions, which hand out the facts of one district at a time and none
without that stance. Which of the cases are then shown, the case service is asked.

Revision ID: 0014
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, told

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MAY_LOOK: Final = f"""
{told("looks_behind")} = 'on'
AND ({told("districts")} = 'all' OR {told("districts")} = 'own' AND of_district = {told("unit")})
"""


def _function(name: str, table: str, key: str, alive: str) -> str:
    return f"""
    CREATE FUNCTION {name}(of_generation integer, of_district text, after_id uuid, most integer)
    RETURNS TABLE (id uuid, fact text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT f.{key}, CAST(f.fact AS text) FROM {table} AS f
        WHERE f.generation = of_generation AND f.{key} > after_id AND {alive}
          AND (f.unit = of_district OR starts_with(f.unit, of_district || '/')) AND {_MAY_LOOK}
        ORDER BY f.{key} LIMIT most
    $$
    """  # noqa: S608  the names above


FUNCTIONS: Final = {
    "cases_behind": ("case_fact", "case_id", "NOT f.erased"),
    "concerns_behind": ("concern_fact", "concern_id", "true"),
}


def upgrade() -> None:
    for name, (table, key, alive) in FUNCTIONS.items():
        op.execute(_function(name, table, key, alive))
        op.execute(f"REVOKE ALL ON FUNCTION {name}(integer, text, uuid, integer) FROM PUBLIC")
        op.execute(for_worker(f"GRANT EXECUTE ON FUNCTION {name}(integer, text, uuid, integer) TO {{app}}"))


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
