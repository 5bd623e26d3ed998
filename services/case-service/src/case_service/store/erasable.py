"""What stands in the way of erasing a case, as columns beside the case's own."""

from typing import Final

from sqlalchemy import exists, select

from case_service.tables import archive_decision, legal_hold, preventive_case

_c: Final = preventive_case.c

HELD: Final = exists().where(legal_hold.c.case_id == _c.id, legal_hold.c.lifted_at.is_(None))
"""A legal hold stands on the case."""
DECIDED_BY: Final = select(archive_decision.c.decided_by).where(archive_decision.c.case_id == _c.id).scalar_subquery()
"""Who decided what the archives keep of it."""
BLOCKERS: Final = (HELD.label("held"), DECIDED_BY.label("archive_decided_by"))
"""What :func:`case_service.domain.erasing.obstacles` asks besides the case row."""
