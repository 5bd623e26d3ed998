"""What a file must be to be taken: its name, its beginning, and of text all of it."""

import pytest
from case_service.domain.attachments import ENDINGS, HEAD, MediaType, PlainText, begins_as, fits_name
from hypothesis import given
from hypothesis import strategies as st

BEGINNINGS = {
    MediaType.PDF: b"%PDF-1.7",
    MediaType.JPEG: b"\xff\xd8\xff\xe0\0\x10JFIF",
    MediaType.PNG: b"\x89PNG\r\n\x1a\n",
    MediaType.WEBP: b"RIFF\x24\0\0\0WEBPVP8 ",
    MediaType.TIFF: b"MM\0*\0\0\0\x08",
    MediaType.HEIC: b"\0\0\0\x18ftypheic",
    MediaType.MP3: b"\xff\xfb\x90\x64",
    MediaType.M4A: b"\0\0\0\x20ftypM4A ",
    MediaType.WAV: b"RIFF\x24\0\0\0WAVEfmt ",
    MediaType.MP4: b"\0\0\0\x20ftypisom",
}
HARMFUL = [
    b"MZ\x90\0",
    b"\x7fELF",
    b"PK\x03\x04",
    b"Rar!\x1a\x07",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"<html>",
    b"#!/bin/sh",
]


@pytest.mark.parametrize("media_type", BEGINNINGS)
def test_a_content_is_of_the_one_type_that_it_begins_as(media_type):
    head = BEGINNINGS[media_type].ljust(HEAD, b"\0")
    assert [each for each in BEGINNINGS if begins_as(each, head)] == [media_type]
    assert not begins_as(media_type, b"\0" + head)


@pytest.mark.parametrize("media_type", BEGINNINGS)
@pytest.mark.parametrize("harm", HARMFUL, ids=str)
def test_what_a_machine_would_run_or_unpack_begins_as_no_type(media_type, harm):
    assert not begins_as(media_type, harm.ljust(HEAD, b"\0"))
    assert not begins_as(media_type, (harm + BEGINNINGS[media_type]).ljust(HEAD, b"\0"))


def test_a_program_is_no_film_though_what_a_film_says_follows():
    for media_type in (MediaType.MP4, MediaType.M4A, MediaType.HEIC):
        assert not begins_as(media_type, b"MZ\x90\0" + BEGINNINGS[media_type][4:])


@pytest.mark.parametrize("media_type", MediaType)
def test_the_beginning_of_nothing_is_of_no_type(media_type):
    assert not begins_as(media_type, b"")


@given(media_type=st.sampled_from(MediaType), stem=st.text(min_size=1), other=st.sampled_from(MediaType))
def test_a_name_fits_by_its_ending_alone_and_holds_no_path(media_type, stem, other):
    for ending in ENDINGS[other]:
        fits = fits_name(media_type, stem + ending)
        assert not fits or (media_type is other and not set(stem) & set('/\\:*?"<>|'))


@pytest.mark.parametrize("name", ["a.pdf", "A.PDF", "blåbær 1.2.pdf", "a.exe.pdf"])
def test_a_name_with_the_ending_of_its_type_fits(name):
    assert fits_name(MediaType.PDF, name)


@pytest.mark.parametrize(
    "name", ["", ".pdf", "...pdf", " .pdf", "a", "a.pdf ", "a.pdf.", "a.pdf.exe", "a.jpg", "a/b.pdf"]
)
def test_a_name_that_is_no_more_than_an_ending_or_has_another_does_not_fit(name):
    assert not fits_name(MediaType.PDF, name)


def taken(content: bytes, step: int) -> bool:
    text = PlainText()
    pieces = [content[start : start + step] for start in range(0, len(content), step)]
    return all(text.fits(piece) for piece in pieces) and text.fits(b"", last=True)


@given(
    text=st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="<#\ufeff")), step=st.integers(1, 9)
)
def test_text_is_text_however_it_is_cut(text, step):
    assert taken(text.encode(), step)


@given(
    text=st.text(max_size=20),
    bad=st.sampled_from([b"\xff", b"\xc3", b"\0", b"\x1b[2J", b"\x07"]),
    step=st.integers(1, 9),
)
def test_bytes_and_control_characters_are_no_text_wherever_they_stand(text, bad, step):
    assert not taken(text.encode() + bad, step)
    assert not taken(bad + b" " + text.encode(), step)


@given(
    blank=st.text(st.sampled_from(" \t\r\n"), max_size=200),
    start=st.sampled_from(["<!DOCTYPE html>", "<?xml?>", "<HTML>", "<svg/>", "<script>", "#!/bin/sh"]),
    step=st.integers(1, 99),
)
def test_what_a_machine_would_run_is_no_plain_text_whatever_blanks_stand_before(blank, start, step):
    assert not taken((blank + start).encode(), step)
