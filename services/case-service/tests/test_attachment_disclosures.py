"""Attachments are given to somebody outside by their id, as what else a case holds."""

from .attaching import File, attached, pdf

NEW = {
    "recipient_kind": "school", "recipient": "A school", "basis": "duty_to_report", "purpose_code": "protect_child",
    "reason": "It is needed.",
}  # fmt: skip


async def test_an_attachment_is_given_by_its_id_while_it_is_there(officer, lead):
    case = await officer.open()
    path = await attached(case, File(content=pdf()))
    fields = [f"attachment/{path[-36:]}"]
    made = (await case.do("POST", "disclosures", {**NEW, "fields": fields}))["item_id"]
    assert (await officer.get(f"{case.path}/disclosures/{made}")).json()["fields"] == fields
    other = await officer.open()
    elsewhere = await other.attempt("POST", "disclosures", {**NEW, "fields": fields})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "field-not-there")
    await case.do("DELETE", f"attachments/{path[-36:]}")
    answer = await case.attempt("POST", f"disclosures/{made}/approval", by=lead)
    assert (answer.status_code, answer.json()["code"]) == (422, "field-not-there")
