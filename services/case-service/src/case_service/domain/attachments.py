"""Attachments of a case («vedlegg»): which kinds of files are taken, and how one is known by what is in it.

A file is taken when its type is on the list, its name ends as that type's names do, and its content begins as that
type begins. Archives, office documents, executables, HTML and SVG are on no list: they carry what a reader's machine
would run. Which types a prevention case needs, and how much, are assumptions.
"""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

HEAD: Final = 64
"""How many bytes from its beginning tell the type of a file."""


class MediaType(StrEnum):
    """A kind of file that can be taken."""

    PDF = "application/pdf"
    TEXT = "text/plain"
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    TIFF = "image/tiff"
    HEIC = "image/heic"
    MP3 = "audio/mpeg"
    M4A = "audio/mp4"
    WAV = "audio/wav"
    MP4 = "video/mp4"


class ScanState(StrEnum):
    """Whether a virus scanner saw the content before it was kept; what it found something in is not kept."""

    CLEAN = "clean"
    NOT_SCANNED = "not_scanned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is taken.

    Attributes:
        media_types: the kinds of files.
        bytes_each: bytes of one file.
        bytes_a_case: bytes of all files of a case.
        files_a_case: files of a case, those under way included.
    """

    media_types: frozenset[MediaType]
    bytes_each: int
    bytes_a_case: int
    files_a_case: int


ENDINGS: Final[Mapping[MediaType, tuple[str, ...]]] = MappingProxyType(
    {
        MediaType.PDF: (".pdf",),
        MediaType.TEXT: (".txt",),
        MediaType.JPEG: (".jpg", ".jpeg"),
        MediaType.PNG: (".png",),
        MediaType.WEBP: (".webp",),
        MediaType.TIFF: (".tif", ".tiff"),
        MediaType.HEIC: (".heic",),
        MediaType.MP3: (".mp3",),
        MediaType.M4A: (".m4a",),
        MediaType.WAV: (".wav",),
        MediaType.MP4: (".mp4",),
    }
)
"""How the names of files of a type end."""

# Each a beginning and what follows it at a place; from the specifications of the formats.
_BEGINNINGS: Final[Mapping[MediaType, tuple[tuple[int, bytes], ...]]] = MappingProxyType(
    {
        MediaType.PDF: ((0, b"%PDF-"),),
        MediaType.JPEG: ((0, b"\xff\xd8\xff"),),
        MediaType.PNG: ((0, b"\x89PNG\r\n\x1a\n"),),
        MediaType.WEBP: ((0, b"RIFF"), (8, b"WEBP")),
        MediaType.WAV: ((0, b"RIFF"), (8, b"WAVE")),
    }
)
_TIFF: Final = (b"II*\0", b"MM\0*")
_MP3: Final = (b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3", b"\xff\xe2")
_BRANDS: Final[Mapping[MediaType, frozenset[bytes]]] = MappingProxyType(
    {
        MediaType.HEIC: frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"}),
        MediaType.M4A: frozenset({b"M4A ", b"M4B "}),
        MediaType.MP4: frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V "}),
    }
)
# What a browser or a shell would run, had it lost the type.
_RUNNABLE: Final = ("<!", "<?", "<html", "<head", "<body", "<script", "<svg", "#!")
_BLANK: Final = " \t\r\n\f"
_CONTROLS: Final = frozenset(map(chr, range(32))) - frozenset("\t\n\r\f")


def fits_name(media_type: MediaType, name: str) -> bool:
    """Return whether a file of the type may have the name: it ends as such names do, and holds no path."""
    lower = name.lower()
    stem = next((lower.removesuffix(ending) for ending in ENDINGS[media_type] if lower.endswith(ending)), "")
    return bool(stem.strip(". ")) and not any(sign in name for sign in '/\\:*?"<>|')


def begins_as(media_type: MediaType, head: bytes) -> bool:
    """Return whether a content that begins with these bytes can be of the type; of text, :class:`PlainText` decides."""
    if media_type in _BEGINNINGS:
        return all(head[place:].startswith(mark) for place, mark in _BEGINNINGS[media_type])
    if media_type in _BRANDS:
        # The length of the first box comes before its name, and is far below 64 KiB.
        return head[:2] == b"\0\0" and head[4:8] == b"ftyp" and head[8:12] in _BRANDS[media_type]
    if media_type is MediaType.TEXT:
        return bool(head)
    return head.startswith(_TIFF if media_type is MediaType.TIFF else _MP3)


class PlainText:
    """Looks at a text as it comes: UTF-8 throughout, no control characters, and nothing that a machine would run."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._beginning = ""

    def fits(self, piece: bytes, *, last: bool = False) -> bool:
        """Return whether all so far can be plain text."""
        try:
            text = self._decoder.decode(piece, final=last)
        except UnicodeDecodeError:
            return False
        if len(self._beginning) < HEAD:
            self._beginning = (self._beginning + text).lstrip(_BLANK)[:HEAD]
        runs = self._beginning.lower().startswith(_RUNNABLE)
        return not runs and _CONTROLS.isdisjoint(text)
