"""``baton desk check`` and ``setup`` in a real RT: what is wrong is said, with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from baton.errors import HelpDeskUnavailable
from helpdesks.rt.desk import RtDesk
from helpdesks.rt.setup import datafile
from local.machine import free_port
from local.rt import BATON, password
from tests.desks.rt.site import CUSTOMERS, PEOPLE, Site, mapping_of

PETRA = PEOPLE["petra"]
"""She is staff, who see every queue."""

ODD = """\
push @Final, sub {
    my $system = RT->SystemUser;
    my $baton = RT::User->new($system);
    $baton->Load('baton');
    my $general = RT::Queue->new($system);
    $general->Load('General');
    for my $name ( 'Single', 'Unseen' ) {
        my $field = RT::CustomField->new($system);
        my $type = $name eq 'Single' ? 'FreeformSingle' : 'FreeformMultiple';
        $field->Create( Name => $name, Type => $type, LookupType => 'RT::Queue-RT::Ticket' );
        $field->AddToObject($general);
        next if $name eq 'Unseen';
        $baton->PrincipalObj->GrantRight( Object => $field, Right => 'SeeCustomField' );
    }
    my $half = RT::User->new($system);
    $half->Create( Name => 'half', Password => 'half-password', Privileged => 1 );
    for my $right (qw( SeeQueue ShowTicket SeeCustomField )) {
        $half->PrincipalObj->GrantRight( Object => RT->System, Right => $right );
    }
    my $token = RT::AuthToken->new($system);
    my ( $ok, $message, $secret ) = $token->Create( Owner => $baton->Id, Description => 'Baton' );
    die $message unless $ok;
    open my $file, '>', '{folder}/token' or die $!;
    print $file $secret;
    close $file;
};
1;
"""
"""What an RT may have that is not as it should be, and a token of Baton's."""


@pytest.fixture(scope="module")
async def odd(site: Site) -> Site:
    await site.rt.insert(ODD.replace("{folder}", str(site.rt.folder)))
    return site


async def found(site: Site, secret: str = password(BATON), **fields: Any) -> dict[str, str]:
    """What was looked at, and what is wrong with it."""
    desk = RtDesk(mapping_of(**{"url": site.rt.url, **fields}), secret)
    looked_at = {finding.what: finding.wrong for finding in await desk.check()}
    await desk.aclose()
    return looked_at


async def wrong(site: Site, secret: str = password(BATON), **fields: Any) -> dict[str, str]:
    """What is wrong, by what was looked at."""
    return {what: said for what, said in (await found(site, secret, **fields)).items() if said}


async def test_a_complete_mapping_is_fine(site: Site) -> None:
    await site.ticket()
    looked_at = await found(site)
    assert set(looked_at.values()) == {""}
    assert "queue First line" in looked_at
    assert f"lena is {PEOPLE['lena']} in RT" in looked_at


async def test_an_rt_that_is_not_there_is_said_alone(site: Site) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert await wrong(site, url=url) == {f"RT at {url}": await cannot_be_reached(url)}


async def cannot_be_reached(url: str) -> str:
    desk = RtDesk(mapping_of(url), "x")
    with pytest.raises(HelpDeskUnavailable, match=f"RT cannot be reached at {url}") as raised:
        await desk.show("1")
    await desk.aclose()
    return str(raised.value)


async def test_a_wrong_password_is_said_and_not_shown(site: Site) -> None:
    ((what, said),) = (await wrong(site, "not-the-password")).items()
    assert what == f"RT at {site.rt.url}"
    assert "RT does not accept Baton's login (401, GET rt): check its name" in said
    assert "not-the-password" not in said


async def test_a_token_opens_the_desk_and_has_to_be_of_the_login(odd: Site) -> None:
    token = (odd.rt.folder / "token").read_text()
    assert await wrong(odd, token, auth="token") == {}
    said = await wrong(odd, token, auth="token", login=PETRA, people={})
    assert "the token belongs to another user of RT" in said[f"Baton's login {PETRA}"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"Lang": "de"}, "it speaks de: choose English"),
        ({"Privileged": 0}, "it is no privileged user"),
    ],
)
async def test_what_the_login_lacks_is_said(site: Site, fields: Mapping[str, Any], problem: str) -> None:
    await site.do("root", "PUT", f"user/{BATON}", **fields)
    try:
        ((what, said),) = (await wrong(site)).items()
    finally:
        await site.do("root", "PUT", f"user/{BATON}", Lang="en", Privileged=1)
    assert what == f"Baton's login {BATON}"
    assert problem in said
    assert await wrong(site) == {}


async def test_a_customers_login_is_said_alone(site: Site) -> None:
    ((what, said),) = (await wrong(site, password(CUSTOMERS[0]), login=CUSTOMERS[0])).items()
    assert what == f"Baton's login {CUSTOMERS[0]}"
    assert "no privileged user" in said or "no such user" in said


async def test_queues_that_are_not_as_they_should_be_are_named(odd: Site) -> None:
    await odd.ticket()
    said = await wrong(odd, queues=["General", "Generel"])
    assert list(said) == ["queue Generel"]
    assert said["queue Generel"].startswith(
        "RT shows Baton no such queue: look at its name; then `baton desk"
    )
    said = await wrong(odd, password(PETRA), login=PETRA, queues=["Elsewhere"], people={})
    assert said["queue Elsewhere"].startswith("it has no custom field Labels and no BatonEvent: `baton desk")
    said = await wrong(odd, labels_field="Single", lines={})
    assert said == {
        "queue General": "the custom field Single takes one value only: let it be 'Enter multiple values'"
    }
    said = await wrong(odd, labels_field="Unseen", lines={})
    assert (
        "no custom field Unseen" in said["queue General"]
        or "no right SeeCustomField" in said["queue General"]
    )
    said = await wrong(odd, "half-password", login="half", lines={})
    assert "no right" in said["queue General"]
    assert "CommentOnTicket" in said["queue General"]


async def test_people_who_are_not_there_or_disabled_are_named(site: Site) -> None:
    oleg = PEOPLE["oleg"]
    await site.do("root", "PUT", f"user/{oleg}", Disabled=1)
    try:
        said = await wrong(site, people={"oleg": oleg, "sam": "sam.rt", "lena": PEOPLE["lena"]})
    finally:
        await site.do("root", "PUT", f"user/{oleg}", Disabled=0)
    assert said == {
        f"oleg is {oleg} in RT": "this user is disabled in RT: enable it, or take it out of the mapping",
        "sam is sam.rt in RT": "RT has no such user: write that person's login",
    }


async def test_a_status_without_a_meaning_is_named(site: Site) -> None:
    ticket = await site.ticket()
    await site.change("root", ticket, Status="rejected")
    said = await wrong(site, statuses={"closed": ["resolved", "deleted"]})
    assert said == {"statuses": "tickets have the status 'rejected': write it under statuses in the mapping"}


async def test_what_is_missing_is_set_up_by_a_file_and_twice_is_as_once(site: Site) -> None:
    desk = site.desk()
    assert await desk.set_up(dry_run=False) == ["RT has all that Baton needs there."]
    await desk.aclose()

    added: dict[str, Any] = {"queues": ["General", "Elsewhere"]}
    desk = site.desk(**added)
    assert await desk.set_up(dry_run=True) == [
        "would be made: Baton's rights in the queue Elsewhere, if there is such a queue"
    ]
    said = await desk.set_up(dry_run=False)
    file = "\n".join(said[said.index("") + 1 :]) + "\n"
    await desk.aclose()
    assert file == datafile(site.mapping_of(**added))

    before = await fields_in(site, "General")
    await site.rt.insert(file)
    await site.rt.insert(file)
    desk = site.desk(**added)
    assert await desk.set_up(dry_run=False) == ["RT has all that Baton needs there."]
    await desk.aclose()
    assert await wrong(site, **added) == {}
    assert await fields_in(site, "General") == before
    assert len(await fields_in(site, "Elsewhere")) == 2


async def fields_in(site: Site, queue: str) -> list[str]:
    """The numbers of the custom fields that a queue has of Baton."""
    row = await site.do("root", "GET", f"queue/{queue}")
    fields = [*row["TicketCustomFields"], *row["TicketTransactionCustomFields"]]
    return sorted(str(field["id"]) for field in fields if field["name"] in ("Labels", "BatonEvent"))
