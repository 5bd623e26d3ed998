"""Attachments of cases: what is told of each, the ledger of their contents, and the sealed segments of these."""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id)"
WRITES: Final = f"{WITH_ITS_CASE} AND {CHANGES}"
WITH_ITS_CONTENT: Final = "EXISTS (SELECT FROM attachment_content AS a WHERE a.id = content_id)"
WHILE_IT_ARRIVES: Final = (
    f"EXISTS (SELECT FROM attachment_content AS a WHERE a.id = content_id AND a.state = 'arriving') AND {CHANGES}"
)

# A content is in the ledger before the first of its segments; what never came whole is found, and let go, by it.
CONTENT: Final = (
    """
    CREATE TABLE attachment_content (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        state text NOT NULL CHECK (state IN ('arriving', 'kept')),
        begun_by text NOT NULL,
        begun_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX attachment_content_by_case ON attachment_content (case_id)",
    "CREATE INDEX attachment_content_to_let_go ON attachment_content (begun_at) WHERE state = 'arriving'",
    *guard("attachment_content", see=WITH_ITS_CASE, add=WRITES, change=WRITES, remove=WRITES, worker=Worker.WRITES),
    for_worker("REVOKE ALL ON attachment_content FROM {app}"),
    for_worker("GRANT SELECT, INSERT, DELETE, UPDATE (state) ON attachment_content TO {app}"),
)

SEGMENT: Final = (
    """
    CREATE TABLE attachment_segment (
        content_id uuid NOT NULL REFERENCES attachment_content ON DELETE CASCADE,
        position integer NOT NULL CHECK (position >= 0),
        sealed bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 16 AND 1048576),
        PRIMARY KEY (content_id, position)
    )
    """,
    # What is sealed can't be made smaller: to try it costs, and gains nothing.
    "ALTER TABLE attachment_segment ALTER COLUMN sealed SET STORAGE EXTERNAL",
    *guard("attachment_segment", see=WITH_ITS_CONTENT, add=WHILE_IT_ARRIVES),
    for_worker("REVOKE ALL ON attachment_segment FROM {app}"),
    for_worker("GRANT SELECT, INSERT ON attachment_segment TO {app}"),
)

ATTACHMENT: Final = (
    """
    CREATE TABLE attachment (
        id uuid PRIMARY KEY REFERENCES attachment_content,
        case_id uuid NOT NULL REFERENCES preventive_case,
        name bytea NOT NULL,
        media_type text NOT NULL CHECK (media_type IN ('application/pdf', 'text/plain', 'image/jpeg', 'image/png',
            'image/webp', 'image/tiff', 'image/heic', 'audio/mpeg', 'audio/mp4', 'audio/wav', 'video/mp4')),
        size bigint NOT NULL CHECK (size > 0),
        sha256 bytea NOT NULL,
        scan text NOT NULL CHECK (scan IN ('clean', 'not_scanned')),
        added_by text NOT NULL,
        added_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX attachment_by_case ON attachment (case_id)",
    *guard("attachment", see=WITH_ITS_CASE, add=WRITES, remove=WRITES),
    for_worker("REVOKE ALL ON attachment FROM {app}"),
    for_worker("GRANT SELECT, INSERT, DELETE ON attachment TO {app}"),
)


def upgrade() -> None:
    for statement in (*CONTENT, *SEGMENT, *ATTACHMENT):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was attached is not thrown away; go on to a later version instead")
