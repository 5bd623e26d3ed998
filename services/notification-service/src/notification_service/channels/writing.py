"""Writes letters: from kinds and units to a subject, plain text and simple HTML, or to one short line.

Nothing but the platform's own words, names of units, counts, the code and links to the site gets in; whoever may read
more follows the link and logs in.
"""

from dataclasses import dataclass
from html import escape

from notification_service.domain.letters import Item, Letter, Purpose
from notification_service.domain.texts.frame import FRAMES, Frame
from notification_service.domain.wording import told, unit_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter in words."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """Words, and where they lead."""

    words: str
    link: str | None = None
    strong: bool = False

    def text(self) -> str:
        return self.words if self.link is None else f"{self.words}: {self.link}"

    def html(self) -> str:
        words = escape(self.words)
        if self.strong:
            words = f"<strong>{words}</strong>"
        return f"<p>{words}</p>" if self.link is None else f'<p><a href="{escape(self.link)}">{words}</a></p>'


def write(letter: Letter, *, site: str, preferences: str | None = None) -> Written:
    """Write a letter.

    Args:
        letter: what it says.
        site: the address of the pages that its links lead to, without a slash at the end.
        preferences: where its reader changes what they are sent; nothing leads there when there is no such page.
    """
    frame = FRAMES[letter.language]
    paragraphs = [*_body(letter, frame, site), *_foot(letter, frame, preferences)]
    subject = _headline(letter, frame)
    html = "\n".join(paragraph.html() for paragraph in paragraphs)
    return Written(
        subject=subject,
        text="\n\n".join(paragraph.text() for paragraph in paragraphs) + "\n",
        html=f'<!DOCTYPE html>\n<html lang="{letter.language}"><head><meta charset="utf-8">'
        f"<title>{escape(subject)}</title></head>\n<body>\n{html}\n</body></html>\n",
    )


def write_short(letter: Letter, *, site: str) -> str:
    """Write a letter as one line of plain text, for channels that have room for no more."""
    frame = FRAMES[letter.language]
    if letter.code is not None:
        return f"{frame.short_code.format(code=letter.code)} {frame.not_asked_for}"
    if letter.purpose is Purpose.DIGEST:
        count = len(letter.items) + letter.more
        words = frame.short_digest_of_one if count == 1 else frame.short_digest.format(count=count)
        return f"{words} {site}/"
    title, unit = _title(letter, letter.items[0])
    return f"{frame.short.format(title=title, unit=unit)} {site}{letter.items[0].path}"


def _headline(letter: Letter, frame: Frame) -> str:
    if letter.code is not None:
        return frame.confirmation_subject
    if letter.purpose is Purpose.DIGEST:
        count = len(letter.items) + letter.more
        return frame.digest_subject_of_one if count == 1 else frame.digest_subject.format(count=count)
    title, unit = _title(letter, letter.items[0])
    return frame.message_subject.format(title=title, unit=unit)


def _body(letter: Letter, frame: Frame, site: str) -> list[_Paragraph]:
    if letter.code is not None:
        return [_Paragraph(frame.confirm.format(code=letter.code)), _Paragraph(frame.not_asked_for)]
    found = []
    for item in letter.items:
        title, text = told(item.kind, item.about_unit or item.unit, letter.language)
        found += [_Paragraph(title, strong=True), _Paragraph(text), _Paragraph(frame.read_on, site + item.path)]
    if letter.more:
        found.append(_Paragraph(frame.more.format(count=letter.more)))
    return found


def _foot(letter: Letter, frame: Frame, preferences: str | None) -> list[_Paragraph]:
    why = [] if letter.code is not None or preferences is None else [_Paragraph(frame.why, preferences)]
    return [*why, _Paragraph(frame.no_reply)]


def _title(letter: Letter, item: Item) -> tuple[str, str]:
    unit = item.about_unit or item.unit
    return told(item.kind, unit, letter.language)[0], unit_name(unit, letter.language)
