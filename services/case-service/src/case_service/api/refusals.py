"""The HTTP side of refusals: a status, a title and advice for each code, and for nothing else."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from forkant_kit.etag import stale_version
from forkant_kit.problems import ProblemError, not_found

from case_service.domain.refusals import Code, Refusal

_CONFLICT: Final = 409
_FORBIDDEN: Final = 403
_UNPROCESSABLE: Final = 422

ANSWERS: Final[Mapping[Code, tuple[int, str, str]]] = MappingProxyType(
    {
        Code.ILLEGAL_TRANSITION: (
            _CONFLICT,
            "The state does not allow this",
            "`state` says where it stands, `allowed` what can be done next.",
        ),
        Code.CASE_RESTRICTED: (
            _CONFLICT,
            "The case is restricted",
            "Nothing changes before the restriction is lifted.",
        ),
        Code.CASE_ERASED: (410, "The case was erased", "Nothing is left to read or change."),
        Code.CASE_MERGED: (
            _CONFLICT,
            "The case was merged into another",
            "Work on the case that goes on; `into` names it where you may see it. This one stays as it was.",
        ),
        Code.SAME_CASE: (_UNPROCESSABLE, "It is the same case", "Name another case."),
        Code.ALREADY_LINKED: (_CONFLICT, "The cases are linked so already", "See /v1/cases/{case_id}/links."),
        Code.OTHER_CASE_CHANGED: (
            _CONFLICT,
            "The other case has changed",
            "Read it again, look at what changed, and give its ETag.",
        ),
        Code.OTHER_CASE_UNFIT: (
            _CONFLICT,
            "The other case does not allow this",
            "`because` says why: it is merged or restricted, or, where it is to take a case in, on offer.",
        ),
        Code.UNITS_DIFFER: (
            _CONFLICT,
            "The cases belong to different units",
            "Transfer one of them first, so that one unit holds both.",
        ),
        Code.MERGED_CASE_OUT_OF_REACH: (
            _CONFLICT,
            "A case that was merged into it is beyond your reach",
            "Let a privacy officer who may see that one erase it first.",
        ),
        Code.ALREADY_COMPLETED: (
            _CONFLICT,
            "It is completed",
            "A completed one can be rewritten, with completed set to true, but not made a draft again.",
        ),
        Code.ASSESSMENT_REQUIRED: (_CONFLICT, "The assessment is not completed", "Complete the assessment first."),
        Code.CHILD_NOT_CONSIDERED: (
            _UNPROCESSABLE,
            "The child's interests are not considered",
            "Say what `missing` names before completing it: `child_view` or why the child was not heard, the rest too.",
        ),
        Code.CHILD_FIELDS_CONTRADICT: (
            _UNPROCESSABLE,
            "What is said of the child contradicts itself",
            "Give a child's view or why there is none; a reason with `not_contacted`, and only then. See `fields`.",
        ),
        Code.NO_CHILD: (
            _UNPROCESSABLE,
            "The case is not about somebody under 18",
            "Leave out what `fields` names; it is said of children alone.",
        ),
        Code.PLAN_REQUIRED: (_CONFLICT, "There is no plan", "Write the plan first."),
        Code.OWN_PLAN: (403, "You wrote this plan", "Another prevention lead has to approve it."),
        Code.ALREADY_APPROVED: (_CONFLICT, "The plan is approved", "Write it anew if it is to change."),
        Code.APPROVED_PLAN_REQUIRED: (
            _CONFLICT,
            "The plan is not approved",
            "Let a prevention lead approve the plan before a measure starts.",
        ),
        Code.EVALUATION_REQUIRED: (
            _CONFLICT,
            "The evaluation is not completed",
            "Complete the evaluation, or close with the reason for having none.",
        ),
        Code.STEP_ALREADY_DONE: (_CONFLICT, "The step was done before", "Each step is done once."),
        Code.UNKNOWN_STEP: (_UNPROCESSABLE, "The method has no such step", "See the method's steps at /v1/methods."),
        Code.NO_STANDARD: (_CONFLICT, "The measure follows no method", "Only a measure with a method has steps."),
        Code.ALREADY_RESTRICTED: (_CONFLICT, "The case is restricted already", "There is nothing to do."),
        Code.NOT_RESTRICTED: (_CONFLICT, "The case is not restricted", "There is nothing to lift."),
        Code.TRANSFER_PENDING: (
            _CONFLICT,
            "The case is on offer already",
            "Await the answer, or revoke the offer first.",
        ),
        Code.PERSON_NOT_DESCRIBED: (
            _UNPROCESSABLE,
            "The person is not described",
            "A case about a person needs an age band and a category of data subject.",
        ),
        Code.NECESSITY_REASON_REQUIRED: (
            _UNPROCESSABLE,
            "Strict necessity is not given in words",
            "special_category and necessity_reason go together.",
        ),
        Code.BASIS_REQUIRED: (
            _UNPROCESSABLE,
            "The assessment has no basis",
            "Say in `basis` what the assessment rests on; a fact needs none.",
        ),
        Code.INFORMATION_RESTRICTED: (
            403,
            "The information is restricted",
            "Its last day for clarification is past: a prevention lead or the privacy officer clarifies it.",
        ),
        Code.MEDIA_TYPE_NOT_ALLOWED: (
            415,
            "The type of file is not taken",
            "Send one of `allowed` in Content-Type, as it is: without a Content-Encoding.",
        ),
        Code.CONTENT_NOT_OF_TYPE: (
            _UNPROCESSABLE,
            "The content is not what Content-Type says",
            "Send the file with its own type; a file of nothing is of none.",
        ),
        Code.FILE_NAME_UNFIT: (
            _UNPROCESSABLE,
            "The file name does not fit",
            "Send it in Content-Disposition as filename*=UTF-8''…, without a path, with one of `endings`.",
        ),
        Code.DIGEST_MISMATCH: (
            _UNPROCESSABLE,
            "The content does not have the digest",
            "It was changed on its way, or the digest is of another file: send it again.",
        ),
        Code.ATTACHMENT_INFECTED: (
            _UNPROCESSABLE,
            "The virus scanner found something",
            "Nothing was kept. Do not open the file, and tell whoever looks after your machine.",
        ),
        Code.ATTACHMENT_LIMIT: (
            _CONFLICT,
            "The case holds as many attachments as it may",
            "`files` and `bytes` say how much a case may hold. Remove what is not needed.",
        ),
        Code.UPLOAD_TOO_SLOW: (408, "The content took too long to come", "Send it again over a better line."),
        Code.PILOT_NOT_OPEN: (
            _FORBIDDEN,
            "The type of case is a pilot",
            "Units that take part open it, and may hold it, on the days of the pilot: see `piloted` at /v1/catalogue.",
        ),
        Code.CODE_RETIRED: (
            _UNPROCESSABLE,
            "A code is retired",
            "It still reads where it stands, but nothing new takes it: see `retired` at /v1/catalogue.",
        ),
        Code.METHOD_RETIRED: (
            _UNPROCESSABLE,
            "The method is retired",
            "Leave `method_version` out: no new measure follows the method.",
        ),
        Code.OWN_PROPOSAL: (403, "It is your own proposal", "Somebody else of the directorate has to approve it."),
        Code.HEARING_OPEN: (_CONFLICT, "The hearing still lasts", "Approve it on the day `latest` or after it."),
        Code.PROPOSAL_OF_ANOTHER_UNIT: (
            403,
            "Another unit proposed it",
            "Who proposed it rewrites or withdraws it; say what you think in the hearing.",
        ),
        Code.ALREADY_RETIRED: (_CONFLICT, "It is retired already", "There is nothing to do."),
        Code.UNKNOWN_CODE: (_UNPROCESSABLE, "There is no such code", "See the lists of codes at /v1/catalogue."),
        Code.EVALUATED_CASE_REQUIRED: (
            _CONFLICT,
            "The case is not evaluated",
            "An example is drawn from a case with a completed evaluation of its current round, or the one before.",
        ),
        Code.COMPLETED_MEASURE_REQUIRED: (
            _UNPROCESSABLE,
            "It is not said which measure the example is about",
            "Name in `measure_id` a measure that the case has completed; left out, it must have completed one only.",
        ),
        Code.IDENTITY_NUMBER: (
            _UNPROCESSABLE,
            "There is a number of eleven digits in a text",
            "National identity numbers never belong here, nor account numbers: `fields` says where one seems to be.",
        ),
        Code.COPIED_FROM_CASE: (
            _UNPROCESSABLE,
            "A text is taken from the case",
            "Write the texts of `fields` anew, in words that could be about any such case.",
        ),
        Code.OWN_EXAMPLE: (403, "You wrote on this example", "Somebody else has to review and publish it."),
        Code.CHECKS_MISSING: (_UNPROCESSABLE, "Not everything is confirmed", "Confirm what is in `missing` too."),
        Code.WARNINGS_UNANSWERED: (
            _UNPROCESSABLE,
            "Not every warning is answered",
            "Answer each of the draft's `warnings`; `missing` says which are left.",
        ),
        Code.REVIEW_OUTDATED: (
            _CONFLICT,
            "There are warnings that the review did not answer",
            "Write the draft anew and let it be reviewed again.",
        ),
        Code.EXAMPLE_OF_ANOTHER_UNIT: (
            403,
            "Another unit published it",
            "The unit that published it, or the directorate, decides about it.",
        ),
        Code.ALREADY_WITHDRAWN: (_CONFLICT, "The example is withdrawn", "Publish another instead."),
        Code.ALREADY_MEMBER: (_CONFLICT, "The person has access already", "End it first, or let it run out."),
        Code.ALREADY_REVIEWED: (_CONFLICT, "It was reviewed before", "A review is done once."),
        Code.SAME_PERSON: (_UNPROCESSABLE, "Both are one person", "Name another substitute."),
        Code.OWN_ACCESS: (403, "It is your own access", "Somebody else has to review it."),
        Code.ABOVE_CLEARANCE: (
            403,
            "The level is above your clearance",
            "Give a level that you are cleared for, or let somebody do it who is.",
        ),
        Code.CASE_OF_ANOTHER_UNIT: (
            403,
            "The case belongs to another unit",
            "Your access covers the work on it; the unit that holds it decides this.",
        ),
        Code.ACCESS_TOO_LONG: (
            _UNPROCESSABLE,
            "The end is out of range",
            "Give `valid_to` after `earliest`, and no later than `latest` where that is given.",
        ),
        Code.LEGAL_HOLD: (
            _CONFLICT,
            "A legal hold stands on the case",
            "It is kept until every hold at /v1/cases/{case_id}/legal-holds is lifted.",
        ),
        Code.ARCHIVE_DECISION_REQUIRED: (
            _CONFLICT,
            "It is not decided what the archives keep",
            "Let somebody else than you decide it at /v1/cases/{case_id}/archive-decision first.",
        ),
        Code.OWN_ARCHIVE_DECISION: (
            403,
            "You decided about the archive yourself",
            "Somebody else has to erase the case, or to decide.",
        ),
        Code.ARCHIVE_REFERENCE_MISPLACED: (
            _UNPROCESSABLE,
            "The reference does not fit the outcome",
            "Give the archive's reference with `transferred`, and with `destroy` none.",
        ),
        Code.RETENTION_NOT_EXPIRED: (
            _CONFLICT,
            "The case is kept longer",
            "Its last day is `until`: name another ground if there is one, or wait.",
        ),
        Code.OWN_DISCLOSURE: (403, "You asked for this disclosure", "Somebody else has to approve or refuse it."),
        Code.FIELD_NOT_THERE: (
            _UNPROCESSABLE,
            "The case does not hold it",
            "Leave out what `fields` names: only what is in the case at this moment can be given.",
        ),
        Code.FIELD_RESTRICTED: (
            _CONFLICT,
            "Restricted information is not given",
            "Leave out what `fields` names, or have it clarified first.",
        ),
        Code.NOT_ERASED: (_CONFLICT, "The case is not erased", "There is a certificate once it is."),
        Code.SHARING_IS_FOR_LEADS: (403, "Sharing a search is for leads", "Ask the prevention lead of your unit."),
        Code.SEARCH_OF_SOMEBODY_ELSE: (403, "Somebody else keeps the search", "Save one of your own."),
        Code.SEARCH_LIMIT: (_CONFLICT, "You keep as many searches as you may", "Remove one that you no longer need."),
        Code.UNKNOWN_FIELD: (_UNPROCESSABLE, "There is no such field", "`known` names those that there are."),
        Code.NOTHING_TO_SEARCH_FOR: (
            _UNPROCESSABLE,
            "There is no word to search for",
            "Give a word of two letters or more, or a number; words that every text has don't count.",
        ),
        Code.TOO_MANY_WORDS: (_UNPROCESSABLE, "There are too many words", "Give at most `most` of them."),
        Code.UNKNOWN_UNIT: (_UNPROCESSABLE, "There is no such unit", "See the units at /v1/catalogue."),
        Code.SAME_UNIT: (_UNPROCESSABLE, "The unit holds the case already", "Name another unit."),
        Code.UNIT_NOT_THERE: (
            _CONFLICT,
            "The unit is not there on this day",
            "It ended, or is not established yet: see /v1/units, and get a token of your unit of now.",
        ),
        Code.UNIT_EXISTS: (_CONFLICT, "There is or was such a unit", "Give each new unit of `units` another id."),
        Code.NO_DISTRICT: (403, "Your unit is no district", "Only districts have operational units."),
        Code.NOT_AHEAD: (_UNPROCESSABLE, "The day is not ahead", "Give a day from `earliest` on."),
        Code.PARTS_DO_NOT_FIT: (
            _UNPROCESSABLE,
            "The parts do not fit the kind of reorganisation",
            "A merger has one part; a split several, with the `rest` among them; a move one, with municipalities.",
        ),
        Code.REORGANISATION_CYCLIC: (
            _UNPROCESSABLE,
            "A unit would take its own place",
            "Name a unit that goes on only as a part, or move municipalities instead.",
        ),
        Code.REORGANISATION_OVERLAPS: (
            _CONFLICT,
            "Another reorganisation speaks of the same units",
            "Wait until that one is done, or withdraw it: see /v1/reorganisations.",
        ),
        Code.OWN_REORGANISATION: (403, "You proposed it", "Somebody else of the directorate has to approve it."),
        Code.MUNICIPALITY_NOT_IN_UNIT: (
            _UNPROCESSABLE,
            "A municipality does not belong to the unit",
            "See /v1/municipalities for the districts of `municipalities`.",
        ),
        Code.UNKNOWN_MUNICIPALITY: (
            _UNPROCESSABLE,
            "There is no such municipality",
            "See the municipality numbers at /v1/catalogue.",
        ),
        Code.UNKNOWN_METHOD: (_UNPROCESSABLE, "There is no such method version", "See the versions at /v1/methods."),
        Code.OCCURRED_AT_OUT_OF_RANGE: (
            _UNPROCESSABLE,
            "The moment is out of range",
            "Give a moment from `earliest` to `latest`: not before what it follows, and not ahead of now.",
        ),
        Code.DUE_ON_OUT_OF_RANGE: (
            _UNPROCESSABLE,
            "The day is out of range",
            "Give a day from `earliest` to `latest`.",
        ),
        Code.NO_MEMBER: (
            _CONFLICT,
            "The person is no member of the case",
            "Make them a member first; who is none takes only a task of a role of their own.",
        ),
        Code.TASK_OF_SOMEBODY_ELSE: (
            403,
            "The task is somebody else's",
            "Ask them, or a prevention lead; the unit that a case is offered to answers the offer.",
        ),
        Code.TASK_FOLLOWS_THE_CASE: (
            _CONFLICT,
            "The case itself says when this is done",
            "Do what the task is about; only a review is said to be done.",
        ),
        Code.NOT_YET_RECORDED: (
            _UNPROCESSABLE,
            "Nothing was recorded by then",
            "Give a moment from `earliest` to `latest`: not before what it follows, and not ahead of now.",
        ),
        Code.HISTORY_DROPPED: (
            410,
            "The events of then are gone",
            "Months of the archive were removed; what the case is now can still be read.",
        ),
        Code.FORM_NOT_OFFERED: (
            406,
            "The list is not had in this form",
            "Accept one of `offered`, or name a `format`.",
        ),
        Code.EXPORTS_BUSY: (429, "Other lists are being handed out", "Ask again in a minute."),
        Code.NOTHING_TO_IMPORT: (_UNPROCESSABLE, "There is no row", "Send one row for each case to be opened."),
        Code.TOO_MANY_ROWS: (413, "There are too many rows", "Send at most `most` rows at once."),
        Code.ALREADY_IMPORTED: (
            _CONFLICT,
            "A row was imported meanwhile",
            "Another import brought one of the references: send it again with `dry_run` to see which.",
        ),
    }
)
"""Status, title and advice by code; what is missing or stale has the kit's own documents."""


def problem_of(refusal: Refusal) -> ProblemError:
    """Return the problem document for a refusal."""
    if refusal.code is Code.NOT_FOUND:
        return not_found()
    if refusal.code is Code.STALE_VERSION:
        return stale_version()
    status, title, detail = ANSWERS[refusal.code]
    return ProblemError(status, refusal.code.value, title, detail, extra=dict(refusal.facts))
