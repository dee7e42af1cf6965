"""What Baton needs in RT, as a data file for its administrator.

RT's API can make a custom field, but neither put it to use in a queue nor grant a right; and a login that may
could do anything. So Baton's login is no administrator, and what it needs is a file for RT's own tool:

    rt-setup-database --action insert --datafile baton-rt.pl --skip-create

Running it again changes nothing. Where no worker runs yet that could be asked for the file,

    python -m helpdesks.rt.setup desk.yaml

prints it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from baton.errors import BatonError
from baton.signs import visible
from helpdesks.outside.mapping import load_mapping
from helpdesks.rt.fields import Queues
from helpdesks.rt.mapping import RtMapping
from helpdesks.rt.scrip import perl, scrip

FILE = "baton-rt.pl"
COMMAND = f"rt-setup-database --action insert --datafile {FILE} --skip-create"
RIGHTS = (
    *("SeeQueue", "ShowTicket", "ShowTicketComments", "ReplyToTicket", "CommentOnTicket", "ModifyTicket"),
    "ReassignTicket",
)
"""What Baton's login may do in each of its queues."""
FIELD_RIGHTS = ("SeeCustomField", "ModifyCustomField")
"""What it may do with its two custom fields."""

_DATAFILE = """\
# Made by `baton desk setup rt`: what Baton needs in RT. Running it again changes nothing.
#     {command}
use utf8;
push @Final, sub {{
    my $system = RT->SystemUser;
    my $sure = sub {{
        my ( $what, $ok, $message ) = @_;
        die "$what: $message\\n" unless $ok;
    }};
    my $login = RT::User->new($system);
    $sure->( {login}, $login->Load({login}), "there is no such user" );
    my @queues = map {{
        my $queue = RT::Queue->new($system);
        $sure->( $_, $queue->Load($_), "there is no such queue" );
        $queue;
    }} ( {queues} );
    my @fields = (
        [ {labels}, 'FreeformMultiple', 'RT::Queue-RT::Ticket' ],
        [ {marker}, 'FreeformSingle', 'RT::Queue-RT::Ticket-RT::Transaction' ],
    );
    my $may = sub {{
        my ( $object, @rights ) = @_;
        for my $right (@rights) {{
            next if $login->PrincipalObj->HasRight( Object => $object, Right => $right );
            $sure->( $right, $login->PrincipalObj->GrantRight( Object => $object, Right => $right ) );
        }}
    }};
    for (@fields) {{
        my ( $name, $type, $of ) = @$_;
        my $field = RT::CustomField->new($system);
        $field->LoadByName( Name => $name, LookupType => $of );
        $sure->( $name, $field->Create( Name => $name, Type => $type, LookupType => $of ) )
            unless $field->Id;
        for my $queue (@queues) {{
            next if $field->IsAdded(0) or $field->IsAdded( $queue->Id );
            $sure->( $name, $field->AddToObject($queue) );
        }}
        $may->( $field, qw( {field_rights} ) );
    }}
    $may->( $_, qw( {rights} ) ) for @queues;
}};
"""
_END = "1;\n"


def datafile(mapping: RtMapping) -> str:
    """The data file, in Perl."""
    hook = scrip(mapping, mapping.hooks) if mapping.hooks is not None else ""
    made = _DATAFILE.format(
        command=COMMAND,
        login=perl(mapping.login),
        queues=", ".join(map(perl, mapping.all_queues)),
        labels=perl(mapping.labels_field),
        marker=perl(mapping.marker_field),
        rights=" ".join(RIGHTS),
        field_rights=" ".join(FIELD_RIGHTS),
    )
    return f"{made}{hook}{_END}"


async def set_up(queues: Queues, mapping: RtMapping, *, dry_run: bool) -> Sequence[str]:
    """What is missing, and the file that makes it. Raises what the client raises."""
    missing = [line for name in mapping.all_queues for line in await _missing(queues, name)]
    if mapping.hooks is not None:
        missing.append(f"the scrip that tells {mapping.hooks.url}, unless it is there: RT's API shows none")
    if not missing:
        return ["RT has all that Baton needs there."]
    if dry_run:
        return [f"would be made: {line}" for line in missing]
    return [
        *(f"is to be made: {line}" for line in missing),
        "RT's API cannot make that. Where RT is installed, its administrator saves what follows",
        f"as {FILE}, and runs: {COMMAND}",
        "",
        *datafile(mapping).splitlines(),
    ]


async def _missing(queues: Queues, name: str) -> Sequence[str]:
    queue = await queues.read(name)
    if queue is None:
        return [f"Baton's rights in the queue {name}, if there is such a queue"]
    return [
        f"the custom field {field} in the queue {name}"
        for field, number in queues.fields_of(queue).items()
        if not number
    ]


def main() -> int:
    """Print the data file for a mapping. Returns the exit code."""
    try:
        print(datafile(load_mapping(Path(sys.argv[1]), RtMapping, None)), end="")
    except BatonError as error:
        print(visible(str(error)), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
