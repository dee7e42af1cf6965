"""The scrip in a real RT tells a real gateway, and whoever works in RT waits for nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from baton.settings import HOST
from helpdesks.rt.scrip import DESCRIPTION
from helpdesks.rt.setup import datafile
from lab.gateways import gateway_of
from lab.ledger import events_of
from lab.rig import becomes
from local.machine import free_port
from tests.desks.rt.playing import RtRigOpener
from tests.desks.rt.site import Site

SECRET = "the secret of RT's hooks"
NUMBER = """\
push @Final, sub {
    my $scrips = RT::Scrips->new( RT->SystemUser );
    $scrips->FindAllRows;
    $scrips->Limit( FIELD => 'Description', VALUE => '{description}' );
    open my $file, '>', '{folder}/scrips' or die $!;
    print $file $scrips->Count;
    close $file;
    $_->SetDisabled({disabled}) while $_ = $scrips->Next;
};
1;
"""
"""Says how many scrips of Baton's there are, and switches them on or off."""


@pytest.fixture
async def port(site: Site, tmp_path: Path) -> AsyncIterator[int]:
    """Where the scrip in RT posts to. It is switched off afterwards: other tests share the RT."""
    (tmp_path / "rt-secret").write_text(SECRET + "\n")
    chosen = free_port()
    hooks = {"url": f"http://{HOST}:{chosen}/v1/hooks/rt", "secret_file": str(tmp_path / "rt-secret")}
    file = datafile(site.mapping_of(hooks=hooks))
    await site.rt.insert(file)
    await site.rt.insert(file)
    await switch(site, disabled=0)
    yield chosen
    await switch(site, disabled=1)


async def switch(site: Site, *, disabled: int) -> int:
    """Switch Baton's scrips; returns how many there are."""
    words = {"{description}": DESCRIPTION, "{folder}": str(site.rt.folder), "{disabled}": str(disabled)}
    file = NUMBER
    for word, value in words.items():
        file = file.replace(word, value)
    await site.rt.insert(file)
    return int((site.rt.folder / "scrips").read_text())


async def test_what_is_done_in_rt_wakes_the_feed(
    site: Site, open_beside: RtRigOpener, port: int, tmp_path: Path
) -> None:
    assert await switch(site, disabled=0) == 1
    (tmp_path / "secret").write_text(SECRET)
    async with (
        open_beside(every=3600) as rig,
        gateway_of(rig, gateway_port=port, hook_secret_file=tmp_path / "secret"),
    ):
        ticket = await site.ticket("Where is my parcel?")

        async def heard() -> list[str]:
            return [row.text for row in await events_of(rig.desk, ticket, "customer_message")]

        await becomes(heard, ["Where is my parcel?"], "what the ticket heard")


async def test_nobody_in_rt_notices_that_the_gateway_is_away(site: Site, port: int) -> None:
    ticket = await site.ticket("Hello?")  # the port is nobody's
    await site.write("petra", ticket, "We are looking into it.")
    assert await site.said(ticket, "Correspond", by="petra") == ["We are looking into it."]
