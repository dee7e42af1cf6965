"""The hook of RT: a scrip that tells Baton's gateway when something was done in one of Baton's queues.

RT runs scrips while somebody waits for their page. So this one waits for no longer than a second, once for
all that was done at a time, and whatever fails there is no error of RT's: Baton looks by itself, too.
"""

from __future__ import annotations

from helpdesks.rt.mapping import RtHooks, RtMapping

DESCRIPTION = "Baton: says that something is new"
_SCRIP = """\
push @Final, sub {{
    my $code = <<'BATON';
my $post = sub {{
    my $ticket = $self->TicketObj;
    my $done = $self->TransactionObj;
    return if $done->CreatorObj->Name eq {login};
    return unless grep {{ $_ eq $ticket->QueueObj->Name }} ( {queues} );
    require JSON;
    require LWP::UserAgent;
    open my $file, '<', {secret_file} or die "the secret cannot be read: $!\\n";
    chomp( my $secret = <$file> // '' );
    my $answer = LWP::UserAgent->new( timeout => 1, max_redirect => 0 )->post(
        {url},
        'Content-Type' => 'application/json',
        Authorization => "Bearer $secret",
        Content => JSON::encode_json( {{ ticket => $ticket->Id + 0, transaction => $done->Id + 0 }} ),
    );
    die $answer->status_line, "\\n" unless $answer->is_success;
}};
eval {{ $post->(); 1 }} or RT->Logger->info("Baton was not told, and looks by itself: $@");
return 1;
BATON
    my $scrips = RT::Scrips->new( RT->SystemUser );
    $scrips->Limit( FIELD => 'Description', VALUE => {description} );
    my $scrip = $scrips->First;
    my ( $ok, $message ) = ( 1, '' );
    if ( not $scrip ) {{
        ( $ok, $message ) = RT::Scrip->new( RT->SystemUser )->Create(
            Description => {description},
            Queue => 0,
            Stage => 'TransactionBatch',
            ScripCondition => 'On Transaction',
            ScripAction => 'User Defined',
            Template => 'Blank',
            CustomPrepareCode => 'return 1;',
            CustomCommitCode => $code,
        );
    }}
    elsif ( $scrip->CustomCommitCode ne $code ) {{
        ( $ok, $message ) = $scrip->SetCustomCommitCode($code);
    }}
    die "the scrip: $message\\n" unless $ok;
}};
"""


def scrip(mapping: RtMapping, hooks: RtHooks) -> str:
    """A part of a data file, in Perl. Inserted again, it changes what is there."""
    return _SCRIP.format(
        login=perl(mapping.login),
        queues=", ".join(map(perl, mapping.all_queues)),
        url=perl(hooks.url),
        secret_file=perl(hooks.secret_file),
        description=perl(DESCRIPTION),
    )


def perl(text: str) -> str:
    """A text in Perl."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
