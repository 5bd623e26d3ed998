"""Makes of a letter the bytes that go over SMTP (RFC 5322), and the path by which one that can't arrive returns."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from uuid import UUID

from notification_service.channels.writing import write
from notification_service.domain.letters import Letter, Purpose

# Seven bits, so that no server on the way has to be asked whether it takes eight.
_POLICY: Final = SMTP.clone(cte_type="7bit", raise_on_defect=True)
_DISPLAY_NAME: Final = "Forkant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """From whom e-mail comes."""

    address: str
    """What stands in From, and in the envelope when there is no return path."""
    return_path: str | None = None
    """Address that letters which can't arrive come back to; each gets its id after a plus sign in it."""
    site: str
    """Where links lead, without a slash at the end."""
    preferences: str | None = None
    """Where people change what they are sent."""

    def envelope_of(self, letter_id: UUID) -> str:
        """Return the sender of the envelope, which names the letter where there is a return path."""
        if self.return_path is None:
            return self.address
        local, _, domain = self.return_path.rpartition("@")
        return f"{local}+{letter_id.hex}@{domain}"

    def message_id_of(self, letter_id: UUID) -> str:
        """Return the Message-ID, the same for every repeat of a letter."""
        return f"<{letter_id}@{self.address.rpartition('@')[2]}>"


def compose(letter: Letter, sender: Sender, *, at: datetime) -> bytes:
    """Return the message with its headers; no header holds anything of a letter but its address and its own words.

    Raises:
        ValueError: the address holds what ends a header.
    """
    written = write(letter, site=sender.site, preferences=sender.preferences)
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(_DISPLAY_NAME, addr_spec=sender.address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = written.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = sender.message_id_of(letter.id)
    message["Auto-Submitted"] = "auto-generated"
    # Exchange answers what says only the line above with notices of absence all the same.
    message["X-Auto-Response-Suppress"] = "All"
    if letter.purpose is not Purpose.CONFIRMATION and sender.preferences is not None:
        message["List-Unsubscribe"] = f"<{sender.preferences}>"
    message.set_content(written.text)
    message.add_alternative(written.html, subtype="html")
    # Last, since setting the content takes away every header that begins like this.
    message["Content-Language"] = letter.language.value
    return message.as_bytes()
