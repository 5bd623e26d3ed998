"""What in a text may point to somebody, and who may review and publish an example."""

import pytest
from case_service.domain.best_practice import (
    Answer,
    Check,
    DraftState,
    Move,
    Review,
    answered,
    may_move,
    warnings_of,
)
from case_service.domain.identifying import Sign, holds_identity_number, is_copied, signs_in
from case_service.domain.refusals import Code, Refusal
from hypothesis import given
from hypothesis import strategies as st

GAPS = ["", " ", "-", ".", "\u00a0", "\u200b", "\u2011", "/", "\n", " - "[:2]]


@given(
    digits=st.text("0123456789", min_size=11, max_size=11),
    gaps=st.lists(st.sampled_from(GAPS), min_size=10, max_size=10),
    before=st.sampled_from(["", "fnr. ", "Nr:", "a"]),
    after=st.sampled_from(["", ".", " er", "b"]),
)
def test_eleven_digits_are_found_however_they_are_grouped(digits, gaps, before, after):
    number = digits[0] + "".join(gap + digit for gap, digit in zip(gaps, digits[1:], strict=True))
    assert holds_identity_number(f"{before}{number}{after}")


@given(digits=st.text("0123456789", max_size=30).filter(lambda digits: len(digits) != 11))
def test_fewer_or_more_digits_in_a_row_are_no_identity_number(digits):
    assert not holds_identity_number(f"nr {digits} her")


@pytest.mark.parametrize("text", ["٠١٠١٩٠١٢٣٤٥", "０１０１９０１２３４５", "010190\u00ad12345"])
def test_digits_of_other_scripts_and_invisible_characters_hide_no_number(text):
    assert holds_identity_number(text)


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Ring 22 33 44 55.", {Sign.PHONE_NUMBER}),
        ("Ring +47 22334455", {Sign.PHONE_NUMBER}),
        ("Skriv til ola@politiet.no", {Sign.EMAIL_ADDRESS, Sign.LINK}),
        ("Se https://example.test/x", {Sign.LINK}),
        ("Se www.skole", {Sign.LINK}),
        ("Kontoen @rev_2 skrev", {Sign.HANDLE}),
        ("I Storgata 12 b", {Sign.STREET_ADDRESS}),
        ("I Karl Johans gate 5", {Sign.STREET_ADDRESS}),
        ("Den 3. mars skjedde det", {Sign.DATE}),
        ("I mars 2024", {Sign.DATE}),
        ("Hausten 2024, i oktober 2024", {Sign.DATE}),
        ("2024-03-01", {Sign.DATE, Sign.PHONE_NUMBER}),
        ("1.3.24", {Sign.DATE}),
        ("To spørsmål før store overføringer.", set()),
        ("I 2024 gikk 14 av 22 saker bedre.", set()),
    ],
)
def test_signs_are_found_where_they_stand_and_nowhere_else(text, signs):
    assert signs_in(text) == signs


CASE_TEXT = "De ansatte stilte to spørsmål før hver eneste store overføring denne høsten."


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        (CASE_TEXT, True),
        (f"Slik gikk det: {CASE_TEXT.upper()} Og mer.", True),
        ("de ansatte, stilte to  spørsmål: før hver eneste!", True),
        ("De ansatte stilte to spørsmål før hver overføring.", False),
        ("Snakk med Kari i banken.", True),
        ("Snakk med Karine i banken.", False),
        ("Noe helt annet.", False),
        ("!!!", False),
    ],
)
def test_a_text_is_copied_when_it_has_eight_words_in_a_row_all_words_or_the_name(text, copied):
    assert is_copied(text, from_texts=[CASE_TEXT], names=["Kari"]) is copied


def test_warnings_say_where_and_what_and_few_alike_is_one_of_the_codes():
    texts = {"context": "Den 3. mars", "title": "Ring 22334455"}
    assert warnings_of(texts, few_alike=False) == ["context.date", "title.phone_number"]
    assert warnings_of(texts, few_alike=True) == ["codes.few_alike", "context.date", "title.phone_number"]


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", DraftState)
@pytest.mark.parametrize("actor", ["writer", "reader"])
def test_an_example_is_reviewed_and_published_by_others_than_its_authors(move, state, actor):
    legal = {
        (Move.REWRITE, DraftState.DRAFT), (Move.REWRITE, DraftState.REVIEWED), (Move.REVIEW, DraftState.DRAFT),
        (Move.PUBLISH, DraftState.REVIEWED), (Move.DISCARD, DraftState.DRAFT), (Move.DISCARD, DraftState.REVIEWED),
    }  # fmt: skip
    expected = None
    if (move, state) not in legal:
        expected = Code.ILLEGAL_TRANSITION
    elif actor == "writer" and move in {Move.REVIEW, Move.PUBLISH}:
        expected = Code.OWN_EXAMPLE
    if expected is None:
        may_move(state, move, actor=actor, authors=["another", "writer"])
        return
    with pytest.raises(Refusal) as refused:
        may_move(state, move, actor=actor, authors=["another", "writer"])
    assert refused.value.code is expected


WHOLE = frozenset(Check)


@pytest.mark.parametrize(
    ("checks", "answers", "code", "missing"),
    [
        (WHOLE, {"a.date": Answer.FALSE_ALARM}, None, []),
        (WHOLE - {Check.PLACES}, {"a.date": Answer.FALSE_ALARM}, Code.CHECKS_MISSING, ["places"]),
        (WHOLE, {}, Code.WARNINGS_UNANSWERED, ["a.date"]),
        (WHOLE, {"b.date": Answer.FALSE_ALARM}, Code.WARNINGS_UNANSWERED, ["a.date"]),
        (WHOLE, {"a.date": Answer.FALSE_ALARM, "b.date": Answer.FALSE_ALARM}, None, []),
    ],
)
def test_a_review_confirms_everything_and_answers_each_warning(checks, answers, code, missing):
    review = Review(checks=checks, answers=answers)
    if code is None:
        assert answered(review, warnings=["a.date"]) == {"a.date": Answer.FALSE_ALARM}
        return
    with pytest.raises(Refusal) as refused:
        answered(review, warnings=["a.date"])
    assert (refused.value.code, refused.value.facts["missing"]) == (code, missing)
