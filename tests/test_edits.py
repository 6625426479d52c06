"""Who hears of a refused edit."""

from __future__ import annotations

from pathlib import Path

from monitor.digests.model import DigestPlan
from monitor.edits import find_editor
from monitor.model import ChannelName, DigestName, Recipient
from monitor.settings.model import ChannelConfig, Operator, Settings

BOX, MAIL = ChannelName("box"), ChannelName("mail")
SAMI = "sami@example.org"
CHANNELS = {name: ChannelConfig(name=name, type="maildir", options=None) for name in (BOX, MAIL)}


def make_settings(*, operator: bool = True, digests: tuple[DigestPlan, ...] = ()) -> Settings:
    told = Operator(to="ops@example.org", channel=MAIL) if operator else None
    here = Path("/etc/marsad")
    return Settings(
        directory=here,
        state=here,
        store="sqlite",
        channels=CHANNELS,
        people={"sami": SAMI},
        operator=told,
        digests=digests,
    )


def test_the_owner_of_the_file_is_found_under_people() -> None:
    digest = DigestPlan(name=DigestName("now"), recipients=(Recipient(email=SAMI),), channel=BOX)
    assert find_editor(make_settings(digests=(digest,)), "sami") == Operator(to=SAMI, channel=BOX)
    assert find_editor(make_settings(), "sami") == Operator(to=SAMI, channel=MAIL)
    assert find_editor(make_settings(operator=False), "sami") == Operator(to=SAMI, channel=BOX)


def test_who_is_not_under_people_is_nobody_to_write_to() -> None:
    assert find_editor(make_settings(), "root") is None
    assert find_editor(make_settings(), None) is None
