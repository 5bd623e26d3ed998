"""Units as data, with the days between which each is there; operational units below a district may be added likewise.

That the twelve districts and the special bodies were there from 2016 is an assumption [a]: no register was consulted.
"""

import csv
from datetime import date
from importlib.resources import files
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_FILE: Final = "data/units-2016.csv"

STATEMENTS: Final = (
    """
    CREATE TABLE unit (
        id text PRIMARY KEY CHECK (id ~ '^[a-z][a-z-]{1,30}(/gde-[a-z0-9-]{1,40})?$'),
        kind text NOT NULL CHECK (kind IN ('district', 'special_body', 'directorate', 'operational_unit')),
        parent text REFERENCES unit,
        name_nb text NOT NULL,
        name_nn text NOT NULL,
        name_en text NOT NULL,
        population_thousands integer CHECK (population_thousands > 0),
        valid_from date NOT NULL,
        valid_to date CHECK (valid_to > valid_from),
        CONSTRAINT unit_below_its_parent CHECK (
            (kind = 'operational_unit') = (parent IS NOT NULL)
            AND (parent IS NULL OR split_part(id, '/', 1) = parent)
            AND (kind = 'operational_unit') = (id LIKE '%/%'))
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    source = files("case_service").joinpath(_FILE).read_text("utf-8")
    rows = [_row(row) for row in csv.DictReader(source.splitlines())]
    op.bulk_insert(sa.table("unit", *(sa.column(name) for name in rows[0])), rows)
    # Every process reads it; none writes it.
    op.execute(
        """
        DO $$
        DECLARE
            app text := regexp_replace(current_user, '_owner$', '_app');
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
                EXECUTE format('REVOKE ALL ON unit FROM %I', app);
                EXECUTE format('GRANT SELECT ON unit TO %I', app);
            END IF;
        END $$
        """
    )


def downgrade() -> None:
    raise NotImplementedError("units stay; go on to a later version instead")


def _row(row: dict[str, str]) -> dict[str, Any]:
    thousands = row["population_thousands"]
    return {
        **row,
        "population_thousands": int(thousands) if thousands else None,
        "valid_from": date.fromisoformat(row["valid_from"]),
    }
