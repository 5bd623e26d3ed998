"""Pilots: codes that only some units may use, who takes part, and the tables of the consumer that is told of it.

Which codes are pilots is reference data. Who takes part is the indicator service's to say: the worker reads its events
and writes, an API only reads. Neither names a person.
"""

import csv
from datetime import date
from importlib.resources import files
from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from forkant_kit.consumer_schema import CONSUMER_DDL
from forkant_kit.parked_schema import PARKED_ACTION_DDL
from forkant_kit.rls.schema import Worker, for_worker, guard
from forkant_kit.watermark import WATERMARK_DDL

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_FILE: Final = "data/piloted-codes-1.csv"
TABLES: Final = (
    """
    CREATE TABLE piloted_code (
        code_list text NOT NULL,
        code text NOT NULL,
        first_day date NOT NULL,
        last_day date CHECK (last_day >= first_day),
        PRIMARY KEY (code_list, code, first_day)
    )
    """,
    """
    CREATE TABLE pilot (
        id uuid PRIMARY KEY,
        code text NOT NULL,
        version integer NOT NULL,
        case_types text[] NOT NULL,
        first_day date NOT NULL,
        last_day date NOT NULL
    )
    """,
    """
    CREATE TABLE pilot_unit (
        pilot_id uuid NOT NULL REFERENCES pilot,
        unit text NOT NULL,
        first_day date NOT NULL,
        last_day date,
        PRIMARY KEY (pilot_id, unit, first_day)
    )
    """,
)
CODED: Final = ("preventive_case", "best_practice_draft", "best_practice_revision")
LISTED: Final = "case_type IN ('person', 'group', 'place', 'phenomenon', 'online_community')"
CODES: Final = tuple(
    statement
    for table in CODED
    for statement in (
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_case_type_check",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_case_type_check CHECK ({LISTED})",
    )
)
CONSUMERS: Final = ("aggregate_version", "parked_event", "parked_action", "parked_outcome")
GRANTS: Final = (
    "REVOKE ALL ON piloted_code, pilot, pilot_unit FROM {app}",
    "GRANT SELECT ON piloted_code, pilot, pilot_unit TO {app}",
    "GRANT SELECT ON piloted_code TO {worker}",
    "GRANT SELECT, INSERT, UPDATE ON pilot, pilot_unit TO {worker}",
    f"REVOKE ALL ON consumer_offset, {', '.join(CONSUMERS)} FROM {{app}}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON consumer_offset, {', '.join(CONSUMERS)} TO {{worker}}",
)


def upgrade() -> None:
    for statement in (*TABLES, *CODES, *CONSUMER_DDL, *PARKED_ACTION_DDL, *WATERMARK_DDL):
        op.get_bind().exec_driver_sql(statement)
    for table in CONSUMERS:
        for statement in guard(table, see="false", worker=Worker.WRITES):
            op.execute(statement)
    for grant in GRANTS:
        op.execute(for_worker(grant))
    source = files("case_service").joinpath(_FILE).read_text("utf-8")
    rows = [_row(row) for row in csv.DictReader(source.splitlines())]
    op.bulk_insert(sa.table("piloted_code", *(sa.column(name) for name in rows[0])), rows)


def _row(row: dict[str, str]) -> dict[str, Any]:
    days = {name: date.fromisoformat(row[name]) if row[name] else None for name in ("first_day", "last_day")}
    return {"code_list": row["code_list"], "code": row["code"], **days}


def downgrade() -> None:
    raise NotImplementedError("go on to a later version instead: cases of pilots stay")
