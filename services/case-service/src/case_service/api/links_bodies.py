"""What requests about links may hold."""

from uuid import UUID

from case_service.api.bodies import Body
from case_service.domain.links import LinkKind


class LinkCases(Body):
    """To which case one is linked, and how: it is related to it, follows it, is part of it."""

    other_case: UUID
    kind: LinkKind
