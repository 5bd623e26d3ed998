"""The tables as queries see them; constraints and indexes stand in the migrations, and a test compares both.

What people wrote is kept sealed, as bytes: see :mod:`case_service.texts`.
"""

from case_service.tables.access import access_review
from case_service.tables.attachments import attachment, attachment_content, attachment_segment, object_deletion
from case_service.tables.base import metadata
from case_service.tables.best_practice import best_practice, best_practice_draft, best_practice_revision
from case_service.tables.cases import case_departure, case_note, preventive_case, transfer
from case_service.tables.concerns import concern
from case_service.tables.disclosures import disclosure
from case_service.tables.erasure_batches import erasure_batch, erasure_batch_case
from case_service.tables.exports import case_export
from case_service.tables.imports import imported_case
from case_service.tables.information import information
from case_service.tables.keeping import archive_decision, erasure_certificate, legal_hold
from case_service.tables.kit import audit_entry, data_key, event_archive
from case_service.tables.links import case_link
from case_service.tables.methods import (
    code_retirement,
    method,
    method_change,
    method_comment,
    method_head,
    method_proposal,
    method_step,
)
from case_service.tables.pilots import pilot, pilot_unit, piloted_code
from case_service.tables.reference import municipality, municipality_unit, unit, unit_succession
from case_service.tables.reorganisations import reorganisation
from case_service.tables.search import case_word, case_words
from case_service.tables.searches import saved_search
from case_service.tables.subjects import concern_mark, subject_mark
from case_service.tables.tasks import task
from case_service.tables.work import assessment, evaluation, follow_up, measure, measure_step, partner, plan, plan_goal

__all__ = [
    "access_review",
    "archive_decision",
    "assessment",
    "attachment",
    "attachment_content",
    "attachment_segment",
    "audit_entry",
    "best_practice",
    "best_practice_draft",
    "best_practice_revision",
    "case_departure",
    "case_export",
    "case_link",
    "case_note",
    "case_word",
    "case_words",
    "code_retirement",
    "concern",
    "concern_mark",
    "data_key",
    "disclosure",
    "erasure_batch",
    "erasure_batch_case",
    "erasure_certificate",
    "evaluation",
    "event_archive",
    "follow_up",
    "imported_case",
    "information",
    "legal_hold",
    "measure",
    "measure_step",
    "metadata",
    "method",
    "method_change",
    "method_comment",
    "method_head",
    "method_proposal",
    "method_step",
    "municipality",
    "municipality_unit",
    "object_deletion",
    "partner",
    "pilot",
    "pilot_unit",
    "piloted_code",
    "plan",
    "plan_goal",
    "preventive_case",
    "reorganisation",
    "saved_search",
    "subject_mark",
    "task",
    "transfer",
    "unit",
    "unit_succession",
]
