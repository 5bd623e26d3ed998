"""The tables of grants and substitutions: what a service's migration creates, and what queries see.

The constraints say what :class:`~forkant_kit.access.grants.Grant` says, for rows that come another way.
"""

from typing import Final

from sqlalchemy import Column, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import TIMESTAMP

_metadata: Final = MetaData()
_MOMENT: Final = TIMESTAMP(timezone=True)

access_grant: Final = Table(
    "access_grant",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("object_id", Uuid, nullable=False),
    Column("valid_from", _MOMENT, nullable=False),
    Column("valid_to", _MOMENT),
    Column("reason", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("ended_by", Text),
)

access_substitution: Final = Table(
    "access_substitution",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("absent", Text, nullable=False),
    Column("substitute", Text, nullable=False),
    Column("valid_from", _MOMENT, nullable=False),
    Column("valid_to", _MOMENT, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("ended_by", Text),
)

ACCESS_DDL: Final = (
    r"""
    CREATE TABLE access_grant (
        id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('member', 'access', 'break_glass')),
        subject text NOT NULL,
        object_id uuid NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_to timestamptz CHECK (valid_to >= valid_from),
        reason text NOT NULL,
        given_by text NOT NULL,
        ended_by text,
        CONSTRAINT access_grant_ends CHECK (kind = 'member' OR valid_to IS NOT NULL),
        CONSTRAINT access_grant_reason CHECK (kind = 'member' OR reason ~ '\S'),
        CONSTRAINT access_grant_glass CHECK (kind <> 'break_glass' OR valid_to <= valid_from + interval '30 minutes')
    )
    """,
    "CREATE INDEX access_grant_subject ON access_grant (subject, kind, object_id)",
    "CREATE INDEX access_grant_object ON access_grant (object_id)",
    """
    CREATE TABLE access_substitution (
        id uuid PRIMARY KEY,
        unit text NOT NULL,
        absent text NOT NULL,
        substitute text NOT NULL CHECK (substitute <> absent),
        valid_from timestamptz NOT NULL,
        valid_to timestamptz NOT NULL CHECK (valid_to >= valid_from),
        made_by text NOT NULL,
        ended_by text
    )
    """,
    "CREATE INDEX access_substitution_substitute ON access_substitution (substitute)",
)
