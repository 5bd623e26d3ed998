"""No event, and no attribute around it, can carry a name, free text, or anything else that tells of a person.

Three nets, each proved by plants: names of fields that ask for something personal; forms of text that take more than an
id, a date or a code; and samples of what must not fit, tried on the readers themselves.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from forkant_contracts import EVENT_TYPES, Event
from forkant_contracts.compatibility.forms import Form, root_form
from forkant_contracts.golden import made
from forkant_contracts.schemas import schema_of

DENIED_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    name names navn title tittel text tekst free fritekst note notes notat comment comments kommentar remark remarks
    description beskrivelse summary sammendrag message body narrative content
    address adresse street gate postcode phone telefon mobile mobil tel fax email mail epost contact
    ssn fnr dnr nin personnummer fodselsnummer fødselsnummer passport pass licence plate
    birth born birthday birthdate dob age alder født fodt gender kjonn nationality ethnicity religion
    handle username user nick nickname alias avatar profile account login url uri link website ip mac imei
    latitude longitude lat lon lng gps geo coordinates position location place
    photo image picture video audio file filename attachment signature author officer
    """,
    )
)
"""Words that no field's name may hold as a whole word."""

DENIED_PARTS = (
    "surname",
    "lastname",
    "firstname",
    "fullname",
    "username",
    "nickname",
    "birthd",
    "freetext",
    "fritekst",
)
"""Parts that no field's name may hold with its underscores left out."""

NOT_PERSONAL = frozenset({"age_band"})
"""Fields that hold a denied word and were looked at: bands of age are codes, never an age."""

FORMATS = frozenset({"uuid", "date", "date-time"})
LARGEST = 1_000_000
"""No number may reach the length of a telephone or identity number."""

LONGEST = 80
"""No pattern may take more characters than the longest reviewed one."""

PERSONAL = (
    "Kari Nordmann",
    "Kari",
    "NORDMANN",
    "Åse Ødegård",
    "O'Brien",
    "hun er redd for faren sin",
    "Gutt, 14 år, slåss på torget.",
    "ring meg",
    "12345678",
    "+47 912 34 567",
    "91234567",
    "01010112345",
    "010101 12345",
    "010112",
    "kari.nordmann@example.no",
    "@kari_n",
    "kari89!",
    "https://example.no/kari",
    "192.0.2.7",
    "59.9139,10.7522",
    "Storgata 1, 0155 Oslo",
    "AB 12345",
    "14 år",
    "",
    " ",
    "\n",
)
"""Made-up examples of what must fit nowhere."""

NUMBERS = (91234567, 1010112345, 4791234567)
"""Telephone and identity numbers as JSON numbers."""

SLUGS = ("kari-nordmann", "kari_nordmann")
"""A name could be written as a code; only reviewed patterns take slugs, for what they hold is checked against a list."""

REVIEWED_SLUGS = {
    r"^[a-z][a-z-]{1,30}(/gde-[a-z0-9-]{1,40})?$": "a unit; services write only units of the catalogue",
    r"^[a-z][a-z0-9_]{1,40}$": "a method, step or pilot; services write only codes of the published catalogue",
}


def leaves(form: Form, place: str = "") -> Iterator[tuple[str, Form]]:
    """Every place that holds a value, with its path."""
    if form.node.get("type") == "object":
        for name, node in form.properties.items():
            yield from leaves(form.child(node), f"{place}.{name}".removeprefix("."))
    elif form.node.get("type") == "array":
        yield from leaves(form.child(form.node["items"]), f"{place}[]")
    else:
        yield place, form


def denied(field: str) -> bool:
    """Whether a field's name asks for something personal."""
    last = field.rpartition(".")[2].removesuffix("[]").lower()
    words = set(re.split(r"[_\W]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field.rpartition(".")[2]).lower()))
    squeezed = last.replace("_", "")
    return last not in NOT_PERSONAL and bool(words & DENIED_WORDS or any(part in squeezed for part in DENIED_PARTS))


def loose(node: Mapping[str, Any]) -> list[str]:
    """Say why a form takes more than an id, a date, a code or a count."""
    if node.get("type") in {"integer", "number"} and not node.get("maximum", LARGEST) < LARGEST:
        return [f"a telephone number fits: give a maximum below {LARGEST}"]
    if node.get("type") != "string" or "enum" in node or "const" in node or node.get("format") in FORMATS:
        return []
    pattern = node.get("pattern")
    if pattern is None:
        return ["any text fits: give a pattern, a format or a code list"]
    return [*_shape(pattern), *_fitting(pattern)]


def _shape(pattern: str) -> Iterator[str]:
    if not (pattern.startswith("^") and pattern.endswith("$")):
        yield "the pattern is not bound to the whole text"
    if re._parser.parse(pattern).getwidth()[1] > LONGEST:
        yield f"the pattern takes more than {LONGEST} characters"


def _fitting(pattern: str) -> Iterator[str]:
    for text in PERSONAL if pattern in REVIEWED_SLUGS else (*PERSONAL, *SLUGS):
        if re.search(pattern.removesuffix("$") + r"\Z", text):
            yield f"{text!r} fits"


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_no_field_asks_for_something_personal(name: str):
    assert [field for field, _ in leaves(root_form(schema_of(EVENT_TYPES[name]))) if denied(field)] == []


@pytest.mark.parametrize(
    "planted",
    re.findall(
        r"\S+",
        """
        name full_name surname lastName case_title note free_text comment description home_address phone phone_number
        email ssn fnr birth_date birthdate born_on age handle userName username profile_url ip client_ip latitude
        goals[].name who.nickname
        """,
    ),
)
def test_a_planted_field_name_is_noticed(planted: str):
    assert denied(planted)


@pytest.mark.parametrize("harmless", ["age_band", "recipient_kind", "method_version", "context", "goals", "partner_id"])
def test_a_harmless_field_name_passes(harmless: str):
    assert not denied(harmless)


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_no_field_of_an_event_takes_more_than_an_id_a_date_a_code_or_a_count(name: str):
    found = {field: loose(form.node) for field, form in leaves(root_form(schema_of(EVENT_TYPES[name])))}
    assert {field: why for field, why in found.items() if why} == {}


@pytest.mark.parametrize(
    "planted",
    [
        {"type": "string"},
        {"type": "string", "maxLength": 20},
        {"type": "string", "format": "email"},
        {"type": "string", "pattern": r"^.{1,40}$"},
        {"type": "string", "pattern": r"^[A-Za-z ]{1,40}$"},
        {"type": "string", "pattern": r"^\p{L}+$".replace(r"\p{L}", r"[^\W\d_]")},
        {"type": "string", "pattern": r"^[0-9]{11}$"},
        {"type": "string", "pattern": r"^[0-9]{8}$"},
        {"type": "string", "pattern": r"^\+?[0-9 ]{8,15}$"},
        {"type": "string", "pattern": r"^[a-z-]{1,40}$"},
        {"type": "string", "pattern": r"^[a-z]+$"},
        {"type": "string", "pattern": r"^x[a-z0-9]*$"},
        {"type": "string", "pattern": r"[0-9]{4}"},
        {"type": "string", "pattern": r"^https://.{1,60}$"},
        {"type": "string", "pattern": r"^[0-9.]{7,15}$"},
    ],
    ids=lambda node: node.get("pattern") or json.dumps(node),
)
def test_a_planted_loose_form_is_noticed(planted: dict[str, Any]):
    assert loose(planted)


def test_every_reviewed_pattern_is_in_use():
    schemas = [*(schema_of(model) for model in EVENT_TYPES.values()), Event.model_json_schema()]
    assert all(json.dumps(pattern) in json.dumps(schemas) for pattern in REVIEWED_SLUGS)


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_nothing_personal_can_be_written_into_any_field(name: str):
    model = EVENT_TYPES[name]
    full = made(model)["messages"][0]["event"]["data"]
    model.model_validate_json(json.dumps(full))
    for field in full:
        for planted in (*PERSONAL, *([text] for text in PERSONAL), *NUMBERS):
            with pytest.raises(ValueError, match=r"."):
                refuse_unknown(model.model_validate_json(json.dumps({**full, field: planted})))


def refuse_unknown(data: Any) -> None:
    """A code list reads what it does not know as `unknown`, so the text is gone; count that as refused."""
    if "unknown" in data.model_dump_json():
        raise ValueError("read as unknown")


@pytest.mark.parametrize("attribute", ["source", "unit", "traceparent"])
def test_no_attribute_around_an_event_takes_more_than_a_code(attribute: str):
    form = root_form(Event.model_json_schema()).child(Event.model_json_schema()["properties"][attribute])
    assert loose(form.node) == []


def test_every_attribute_around_an_event_is_looked_at():
    properties = Event.model_json_schema(mode="validation")["properties"]
    texts = {
        name for name, node in properties.items() if "string" in json.dumps(node) and '"format"' not in json.dumps(node)
    }
    assert texts == {"source", "unit", "traceparent"}
    assert not [name for name in properties if denied(name)]
