"""What may be attached: files of listed types, under a fitting name, that are what they say."""

import re

import pytest
from case_service.domain.attachments import ENDINGS, MediaType

from .attaching import NOTHING, File, attach, attached, of_case, pdf
from .conftest import Case


@pytest.fixture
async def case(officer) -> Case:
    return await officer.open()


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


WRONG = {
    "an archive": (File(content=b"PK\x03\x04" + bytes(90), name="a.zip", media_type="application/zip"), 415),
    "HTML": (File(content=b"<html></html>", name="a.html", media_type="text/html"), 415),
    "SVG": (File(content=b"<svg/>", name="a.svg", media_type="image/svg+xml"), 415),
    "of no type": (File(content=pdf(), media_type=""), 415),
    "an archive that says it is a PDF": (File(content=b"PK\x03\x04" + bytes(90)), 422),
    "a program that says it is a picture": (
        File(content=b"MZ\x90\0\0\0JFIF" + bytes(90), name="a.jpg", media_type="image/jpeg"),
        422,
    ),
    "HTML that says it is text": (File(content=b" <!doctype html>", name="a.txt", media_type="text/plain"), 422),
    "a script that says it is text": (File(content=b"#!/bin/sh\n", name="a.txt", media_type="text/plain"), 422),
    "bytes that say they are text": (File(content=b"Hei \xff", name="a.txt", media_type="text/plain"), 422),
    "half a letter at the end": (File(content="Hei å".encode()[:-1], name="a.txt", media_type="text/plain"), 422),
    "a picture that says it is a PDF": (File(content=b"\x89PNG\r\n\x1a\n" + bytes(90)), 422),
    "nothing": (File(content=b""), 422),
    "too short to be anything": (File(content=b"%PDF"), 422),
    "a name of another type": (File(content=pdf(), name="a.exe"), 422),
    "a name with two endings": (File(content=pdf(), name="a.pdf.exe"), 422),
    "a name with a path": (File(content=pdf(), name="../a.pdf"), 422),
    "a name of a drive": (File(content=pdf(), name="C:a.pdf"), 422),
    "a name that is an ending": (File(content=pdf(), name=".pdf"), 422),
    "a name that reads backwards": (File(content=pdf(), name="a\u202efdp.pdf"), 422),
    "a name with a line break": (File(content=pdf(), name="a\nb.pdf"), 422),
    "a name without end": (File(content=pdf(), name="a" * 200 + ".pdf"), 422),
    "another digest": (File(content=pdf(), digest=bytes(32)), 422),
    "half a digest": (File(content=pdf(), digest=bytes(16)), 400),
}


@pytest.mark.parametrize(("file", "status"), WRONG.values(), ids=WRONG.keys())
async def test_what_is_not_taken_is_refused_and_leaves_nothing(service, case, file, status):
    answer = await attach(case, file)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert await of_case(service, case) == NOTHING
    assert (await case.by.get(case.path)).headers["etag"] == case.etag


@pytest.mark.parametrize(
    ("left_out", "code"),
    [
        ({"Repr_Digest": None}, (400, "digest-required")),
        ({"Repr_Digest": "sha-512=:AAAA:"}, (400, "digest-required")),
        ({"Content_Disposition": None}, (422, "file-name-unfit")),
        ({"Content_Disposition": "attachment"}, (422, "file-name-unfit")),
        ({"Content_Type": None}, (415, "media-type-not-allowed")),
        ({"Content_Encoding": "gzip"}, (415, "media-type-not-allowed")),
        ({"If_Match": None}, (428, "if-match-required")),
        ({"If_Match": '"v9"'}, (412, "stale-version")),
        ({"Idempotency_Key": None}, (400, "idempotency-key-required")),
    ],
    ids=str,
)
async def test_what_must_be_said_of_a_file_is_asked_for_before_any_of_it_is_read(service, case, left_out, code):
    read = 0

    async def body():
        nonlocal read
        read += 1
        yield pdf()

    assert refused(await attach(case, File(content=pdf()), body=body(), **left_out)) == code
    assert (await of_case(service, case), read) == (NOTHING, 0)


async def test_a_name_in_ascii_may_come_the_short_way(officer, case):
    path = await attached(case, File(content=pdf()), Content_Disposition='attachment; filename="a b.pdf"')
    assert (await officer.get(path)).json()["name"] == "a b.pdf"
    raw = 'attachment; filename="blåbær.pdf"'.encode()
    assert refused(await attach(case, File(content=pdf()), Content_Disposition=raw)) == (422, "file-name-unfit")


GOOD = [
    ("a.txt", "text/plain", "Møtet varte i én time.\r\n".encode()),
    ("a.txt", "text/plain", b"\xef\xbb\xbfMed BOM"),
    ("a.JPG", "image/jpeg", b"\xff\xd8\xff\xe1" + bytes(90)),
    ("a.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(90)),
    ("a.webp", "image/webp", b"RIFF\x24\0\0\0WEBPVP8 " + bytes(90)),
    ("a.tif", "image/tiff", b"II*\0\x08" + bytes(90)),
    ("a.heic", "image/heic", b"\0\0\0\x18ftypheic" + bytes(90)),
    ("a.mp3", "audio/mpeg", b"ID3\x03" + bytes(90)),
    ("a.m4a", "audio/mp4", b"\0\0\0\x20ftypM4A " + bytes(90)),
    ("a.wav", "audio/wav", b"RIFF\x24\0\0\0WAVEfmt " + bytes(90)),
    ("a.mp4", "video/mp4", b"\0\0\0\x20ftypisom" + bytes(90)),
]


@pytest.mark.parametrize(("name", "media_type", "content"), GOOD)
async def test_each_type_that_is_listed_is_taken_and_sent_as_what_it_is(officer, case, name, media_type, content):
    async def in_single_bytes():
        for byte in content:
            yield bytes([byte])

    file = File(content=content, name=name, media_type=media_type)
    path = await attached(case, file, body=in_single_bytes())
    answer = await officer.get(f"{path}/content")
    assert (answer.content, answer.headers["content-type"].partition(";")[0]) == (content, media_type)


async def test_the_database_lists_the_types_that_the_domain_knows(service):
    [row] = await service.fetch(
        "SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conname = 'attachment_media_type_check'"
    )
    assert set(re.findall(r"'([a-z0-9]+/[a-z0-9]+)'", row["rule"])) == set(MediaType) == set(ENDINGS)
