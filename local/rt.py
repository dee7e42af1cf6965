"""A private Request Tracker on this machine, from Debian's packages: for the demo and for tests.

Everything it keeps is in one folder: an SQLite database, its settings, and each mail that it would have sent,
as a file of its own. It listens on the loopback address, and no mail leaves the machine.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from baton.errors import BatonError
from baton.settings import HOST
from local.child import Child, silent
from local.machine import environment_without, free_port

PACKAGES = ("request-tracker5", "rt5-db-sqlite", "rt5-standalone", "dbconfig-no-thanks")
"""What has to be installed, by their names in Debian 12. They bring a mail server, which is not needed."""
SETUP = "rt-setup-database-5"
SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
ADMINISTRATOR = ("root", "password")
"""The login that a new Request Tracker has."""
STOP_SECONDS = 10.0
POLL_SECONDS = 0.1
_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
"""Where its programs are; those of administrators are not on everybody's path."""

_SITE = """\
Set($rtname, 'baton');
Set($Organization, 'baton');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{folder}/rt.db');
Set($WebDomain, '{host}');
Set($WebPort, {port});
Set($WebBaseURL, 'http://{host}:{port}');
Set($MailCommand, 'sendmailpipe');
Set($SendmailPath, '{folder}/keep-mail');
Set($MasonDataDir, '{folder}/mason');
Set($MasonSessionDir, '{folder}/sessions');
Set($BcryptCost, 4);
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
1;
"""
_KEEP_MAIL = """\
#!/bin/sh
cat >"$(mktemp '{folder}/mail/XXXXXXXXXX')"
"""


class RtFailed(BatonError):
    """The private Request Tracker cannot be used."""


def why_not() -> str:
    """Why Request Tracker cannot run on this machine; empty if it can."""
    if SERVER.is_file() and shutil.which(SETUP, path=_PATH):
        return ""
    return f"Request Tracker 5 is not installed: on Debian 12, apt-get install {' '.join(PACKAGES)}"


class PrivateRt:
    """A Request Tracker in a folder, which may be left and started again.

    Args:
        folder: for all that it keeps. An empty or missing one is filled by `start`.
        port: where it listens, by default on a free port.
    """

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._child: Child | None = None

    @property
    def mails(self) -> Sequence[str]:
        """What it would have sent by mail so far, in no order."""
        return [mail.read_text(encoding="utf-8", errors="replace") for mail in self._mail.iterdir()]

    async def start(self) -> None:
        """Start it, with an empty database if it has none. Raises `RtFailed`."""
        if reason := why_not():
            raise RtFailed(reason)
        self._write_settings()
        if not (self.folder / "rt.db").exists():
            await self._set_up("--action", "init", "--skip-create")
        command = [str(SERVER), "--server", "Starlet", "--host", HOST, "--port", str(self.port)]
        self._child = await Child.start(
            "Request Tracker",
            [*command, "--max-workers", "2"],
            environment=self._environment(),
            folder=self.folder,
            log=self.folder / "rt.log",
            on_line=silent,
        )
        await self._listens(self._child)

    async def insert(self, datafile: str) -> None:
        """Put into its database what a data file says, as its administrator would. Raises `RtFailed`."""
        file = self.folder / "insert.pl"
        file.write_text(datafile, encoding="utf-8")
        await self._set_up("--action", "insert", "--skip-create", "--datafile", str(file))

    async def stop(self) -> None:
        """Stop it; it can be started again."""
        if self._child is not None:
            await self._child.stop(STOP_SECONDS)
            self._child = None

    async def kill(self) -> None:
        """End it at once, in the middle of what it does."""
        if self._child is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            await self._child.ended
            self._child = None

    @property
    def _mail(self) -> Path:
        return self.folder / "mail"

    def _write_settings(self) -> None:
        for part in ("mail", "mason", "sessions", "site.d"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        words = {"folder": str(self.folder), "host": HOST, "port": str(self.port)}
        (self.folder / "site.pm").write_text(_SITE.format(**words), encoding="utf-8")
        keep_mail = self.folder / "keep-mail"
        keep_mail.write_text(_KEEP_MAIL.format(**words), encoding="utf-8")
        keep_mail.chmod(0o700)

    def _environment(self) -> Mapping[str, str]:
        return {
            **environment_without("RT_", "PERL"),
            "PATH": _PATH,
            "RT_SITE_CONFIG": str(self.folder / "site.pm"),
            "RT_SITE_CONFIG_DIR": str(self.folder / "site.d"),
        }

    async def _set_up(self, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *(SETUP, *arguments),
            cwd=self.folder,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        said = output.decode(errors="replace").strip()
        # What a data file does at last is only logged if it fails, and the program ends well.
        if process.returncode or "[error]" in said or "[critical]" in said:
            raise RtFailed(f"{SETUP} {' '.join(arguments)}: {said or process.returncode}")

    async def _listens(self, child: Child) -> None:
        while not child.ended.done():
            with suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, self.port)
                writer.close()
                return
            await asyncio.sleep(POLL_SECONDS)
        said = "\n".join(child.tail)
        raise RtFailed(f"Request Tracker ended while it was starting on port {self.port}:\n{said}")


_COMPANY = """\
use utf8;
push @Final, sub {{
    my $system = RT->SystemUser;
    my $sure = sub {{
        my ( $what, $ok, $message ) = @_;
        die "$what: $message\\n" unless $ok;
    }};
    for my $name ( {queues} ) {{
        my $queue = RT::Queue->new($system);
        $queue->Load($name);
        $sure->( $name, $queue->Create( Name => $name ) ) unless $queue->Id;
    }}
    my $staff = RT::Group->new($system);
    $staff->LoadUserDefinedGroup('Staff');
    $sure->( 'Staff', $staff->CreateUserDefinedGroup( Name => 'Staff' ) ) unless $staff->Id;
    my $everyone = RT::Group->new($system);
    $everyone->LoadSystemInternalGroup('Everyone');
    my %rights = ( $staff => [qw( {rights} )], $everyone => [qw( CreateTicket ReplyToTicket )] );
    for my $group ( $staff, $everyone ) {{
        for my $right ( @{{ $rights{{$group}} }} ) {{
            next if $group->PrincipalObj->HasRight( Object => RT->System, Right => $right );
            $sure->( $right, $group->PrincipalObj->GrantRight( Object => RT->System, Right => $right ) );
        }}
    }}
    for ( {users} ) {{
        my ( $login, $name, $password, $is_staff ) = @$_;
        my $user = RT::User->new($system);
        $user->Load($login);
        $sure->( $login, $user->Create(
            Name => $login, RealName => $name, Password => $password,
            EmailAddress => ( $login =~ /@/ ? $login : "$login\\@staff.example" ),
            Privileged => ( defined $is_staff ? 1 : 0 ),
        ) ) unless $user->Id;
        $staff->AddMember( $user->PrincipalId ) if $is_staff and not $staff->HasMember( $user->PrincipalObj );
    }}
}};
1;
"""
_STAFF_RIGHTS = (
    *("SeeQueue", "CreateTicket", "ShowTicket", "ShowTicketComments", "ReplyToTicket", "CommentOnTicket"),
    *("OwnTicket", "ModifyTicket", "ReassignTicket", "SeeCustomField", "ModifyCustomField"),
)
BATON = "baton"
"""Baton's login in a private Request Tracker."""


def password(login: str) -> str:
    """The password of somebody in a private Request Tracker."""
    return f"{login}-password"


def company(queues: Sequence[str], staff: Mapping[str, str], customers: Sequence[str]) -> str:
    """A data file for `PrivateRt.insert`: queues, staff who may work there, Baton's login, and customers.

    Args:
        staff: by login, what the person is called.
        customers: their addresses, which are their logins, too.
    """
    users = [
        *((login, name, "1") for login, name in staff.items()),
        (BATON, "Baton", "0"),
        *((address, "", "undef") for address in customers),
    ]
    listed = ", ".join(
        f"[ {_perl(login)}, {_perl(name)}, {_perl(password(login))}, {is_staff} ]"
        for login, name, is_staff in users
    )
    return _COMPANY.format(queues=", ".join(map(_perl, queues)), rights=" ".join(_STAFF_RIGHTS), users=listed)


def _perl(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
