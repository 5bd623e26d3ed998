"""The rules of compatibility, each with the side that it protects and what to do when it is broken.

A minor version may only add: optional fields, and codes to open code lists. Two sides hold an event to that:

* **old events** stay in archives and on topics; the newest reader must read each of them without losing anything;
* **old readers** are released apart from the writers; each of them must read what the newest writer sends, and may
  lose only what was added since.

:data:`RULES` is the one table; ``docs/reference/contract-rules.md`` is generated from it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Protects(StrEnum):
    """Who would be hurt if the rule were broken."""

    OLD_EVENTS = "old events"
    OLD_READERS = "old readers"
    BOTH = "both"
    RECORD = "the record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: ``why`` says what breaking it does to those it protects, ``remedy`` what to do instead."""

    code: str
    protects: Protects
    forbids: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A broken rule: in which event version (``case.opened.v1.1``), in which field, and what was found."""

    rule: str
    event: str
    field: str
    found: str

    def __str__(self) -> str:
        """One line: rule, event, field, what was found, what to do."""
        place = f"{self.event} {self.field}".strip()
        return f"{self.rule}: {place}: {self.found}; {RULES[self.rule].remedy}"


_NEXT_MAJOR: Final = "make it a new event type with the next major version"
_KEEP: Final = f"keep it as it was released, or {_NEXT_MAJOR}"
_GIT: Final = "restore the file from version control; a change needs a raised MINOR and a file of its own"


def _rule(code: str, protects: Protects, forbids: str, why: str, remedy: str = _KEEP) -> Rule:
    return Rule(code=code, protects=protects, forbids=forbids, why=why, remedy=remedy)


_FIELD_RULES: Final = (
    _rule("field-removed", Protects.BOTH, "a field is gone", "a new reader loses it, an old reader misses it"),
    _rule(
        "required-field-added",
        Protects.OLD_EVENTS,
        "a new field must be present",
        "old events don't have it, so a new reader refuses them",
        f"give the field a default, or {_NEXT_MAJOR}",
    ),
    _rule(
        "optional-became-required",
        Protects.OLD_EVENTS,
        "a field that could be left out must be present",
        "old events without it are refused by a new reader",
    ),
    _rule(
        "required-became-optional",
        Protects.OLD_READERS,
        "a field that was always present can be left out",
        "an old reader refuses an event without it",
    ),
    _rule("type-changed", Protects.BOTH, "the JSON type differs", "each side refuses what the other side wrote"),
    _rule("null-allowed", Protects.OLD_READERS, "a field can be null now", "an old reader refuses null"),
    _rule("null-refused", Protects.OLD_EVENTS, "a field can't be null any more", "old events with null are refused"),
    _rule(
        "code-removed",
        Protects.OLD_EVENTS,
        "a code is gone from its list",
        "a new reader reads it as UNKNOWN, or refuses it",
        "keep the code and stop writing it",
    ),
    _rule(
        "closed-list-extended",
        Protects.OLD_READERS,
        "a code was added to a list without `unknown`",
        "an old reader refuses the code, for only a list with `unknown` is open",
    ),
    _rule(
        "code-list-replaced",
        Protects.BOTH,
        "a code list became another kind of text, or the other way round",
        "old readers get values that are no codes, or new readers refuse old values",
    ),
    _rule("const-changed", Protects.BOTH, "a fixed value differs", "each side refuses the other side's value"),
    _rule("format-changed", Protects.BOTH, "the format differs", "values of one format are refused by the other"),
    _rule("pattern-changed", Protects.BOTH, "the pattern differs", "whether one pattern includes another is undecided"),
    _rule(
        "limit-loosened", Protects.OLD_READERS, "a limit is wider or gone", "an old reader refuses what lies outside"
    ),
    _rule("limit-tightened", Protects.OLD_EVENTS, "a limit is narrower or new", "old events outside it are refused"),
    _rule(
        "default-changed",
        Protects.BOTH,
        "the meaning of an absent field differs",
        "two readers read the same event differently",
    ),
    _rule(
        "additional-properties-changed",
        Protects.BOTH,
        "an object was opened to fields without a name, or closed",
        "a writer that may add anything can send what nobody reviewed; a closed one refuses old events",
    ),
    _rule("union-changed", Protects.BOTH, "the alternatives of a field differ", "one side refuses an alternative"),
    _rule(
        "data-class-changed",
        Protects.BOTH,
        "identifier, code, count, date or flag differs",
        "receivers keep, mask and erase by the data class",
    ),
)

_SCHEMA_RULES: Final = (
    _rule(
        "unknown-keyword",
        Protects.BOTH,
        "the schema has a keyword that the check can't compare",
        "a change of it would pass unseen",
        "model the field without it, or teach `forkant_contracts.compatibility` to compare it",
    ),
    _rule(
        "unsupported-form",
        Protects.BOTH,
        "the schema has a form that the check can't compare",
        "a change of it would pass unseen",
        "model the field as an identifier, a code, a date, a count, a flag, or an object or array of these",
    ),
    _rule(
        "topic-changed",
        Protects.OLD_READERS,
        "the event goes to another topic",
        "readers of the old topic never see it, and its order among the aggregate's events is lost",
    ),
    _rule(
        "id-mismatch",
        Protects.RECORD,
        "file name, `$id` and type don't name the same version",
        "`dataschema` would lead a reader to another schema",
        "let the model's TYPE and MINOR name it, and run `forkant contracts generate`",
    ),
)

_HISTORY_RULES: Final = (
    _rule(
        "type-vanished",
        Protects.OLD_EVENTS,
        "a released event type has neither a model nor an upcaster",
        "its events in archives and on topics can't be read",
        "keep the model, or add an upcaster that lifts its events to the next major version",
    ),
    _rule(
        "numbering",
        Protects.RECORD,
        "majors don't count from 1 or minors not from 0, each one after the other",
        "nobody can tell which versions exist",
        "take the next number after the last release",
    ),
    _rule(
        "changed-without-minor",
        Protects.BOTH,
        "a model differs from its released schema under the same version",
        "two writers of one version would send different events",
        "raise MINOR in the model and run `forkant contracts generate`",
    ),
    _rule("released-file-changed", Protects.RECORD, "a released file was edited", "it is what subscribers hold", _GIT),
    _rule("released-file-missing", Protects.RECORD, "a released file is gone", "it is what subscribers hold", _GIT),
    _rule(
        "stray-file",
        Protects.RECORD,
        "a file is neither released nor today's",
        "readers would take it for a version that exists",
        "delete it, or give its model back",
    ),
    _rule(
        "golden-read-differently",
        Protects.OLD_EVENTS,
        "a golden message reads as something else than when it was made",
        "so would every event of that version in archives and on topics",
        "change the reader back",
    ),
    _rule(
        "topic-vanished",
        Protects.BOTH,
        "a released topic is not in the registry",
        "its events can't be found, its readers wait for ever",
        "keep the topic in the registry",
    ),
    _rule(
        "partitions-changed",
        Protects.BOTH,
        "a released topic has another number of partitions",
        "an aggregate's next event goes to another partition, and overtakes those before it",
        "keep the count, or make a topic with the next major version",
    ),
    _rule(
        "release-numbering",
        Protects.RECORD,
        "a release's version is not higher than the last one's, or the library's version is below it",
        "a subscriber can't tell which release holds a version",
        "raise the library's version in pyproject.toml",
    ),
)

RULES: Final[dict[str, Rule]] = {rule.code: rule for rule in (*_FIELD_RULES, *_SCHEMA_RULES, *_HISTORY_RULES)}
"""All rules by code."""
