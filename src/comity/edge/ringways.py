"""The ways by which the bell rings elsewhere: a mail to the agency's own server, a program of the operator's.

The rule it keeps: a ring carries how urgent, how many, which desk and that desk's address; nothing else is handed out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

from comity.base.errors import LocalError
from comity.base.ids import Ms
from comity.edge.config import Config, is_loopback
from comity.edge.ringplan import Call, Way, words

MAIL_SECONDS = 15.0
COMMAND_SECONDS = 30.0


class NotRung(LocalError):
    """A ring did not go out; it is repeated."""

    code = "not-rung"


@dataclass(frozen=True, slots=True)
class Mail:
    """The agency's mail server, by SMTP without a password: a relay that takes mail of this machine.

    Attributes:
        host, port: where it is.
        sender: address from which rings come.
        address: of the desk in a browser, that stands in each mail.
        starttls: speak TLS with a certificate that this machine trusts, and nothing without it; off only on this machine.
    """

    host: str
    port: int
    sender: str
    address: str
    starttls: bool = False

    async def ring(self, call: Call, desk: str, now: Ms) -> None:
        """Send one mail.

        Raises:
            NotRung: the server did not take it.
        """
        try:
            await asyncio.to_thread(self._send, self.message(call, desk, now))
        except (OSError, smtplib.SMTPException) as error:
            raise NotRung(f"the mail server did not take a ring: {type(error).__name__}") from error

    def message(self, call: Call, desk: str, now: Ms) -> EmailMessage:
        """Return the mail: one line, and where the desk is."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, call.address, words(call, desk)
        mail["Date"] = format_datetime(datetime.fromtimestamp(now / 1_000, UTC))
        mail["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2] or "localhost")
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(f"{words(call, desk)}\n{self.address}\n")
        return mail

    def _send(self, mail: EmailMessage) -> None:
        with smtplib.SMTP(self.host, self.port, local_hostname="localhost", timeout=MAIL_SECONDS) as server:
            if self.starttls:
                server.starttls(context=ssl.create_default_context())
            server.send_message(mail)


@dataclass(frozen=True, slots=True)
class Command:
    """A program of the operator's; it gets two arguments, how urgent and how many, and no shell reads them."""

    program: Path

    async def ring(self, call: Call, desk: str, now: Ms) -> None:
        """Run it once and wait for its end.

        Raises:
            NotRung: it is not there, ended with another code than 0, or took too long and was ended.
        """
        del desk, now
        nothing = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                str(self.program), call.urgency, str(call.count), stdin=nothing, stdout=nothing, stderr=nothing,
                env={"PATH": os.defpath},
                start_new_session=True,
                cwd="/",
            )  # fmt: skip
        except OSError as error:
            raise NotRung(f"the bell's command did not start: {type(error).__name__}") from error
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                code = await process.wait()
        except TimeoutError as error:
            raise NotRung("the bell's command took too long and was ended") from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if code != 0:
            raise NotRung(f"the bell's command ended with {code}")


def ways_of(config: Config) -> dict[Way, Mail | Command]:
    """Return the ways that the settings name."""
    found: dict[Way, Mail | Command] = {}
    if config.bell_mail_host:
        address = config.page_origin or f"http://{config.page_name}:{config.page_port}"
        found[Way.MAIL] = Mail(
            config.bell_mail_host,
            config.bell_mail_port,
            config.bell_mail_from,
            address,
            not is_loopback(config.bell_mail_host),
        )
    if config.bell_command:
        found[Way.COMMAND] = Command(config.path(Path(config.bell_command)))
    return found
