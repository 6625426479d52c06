"""A service is installed, upgraded, moved and removed with the commands of docs/operations.md."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = [pytest.mark.proof, pytest.mark.systemd, pytest.mark.xdist_group("machine")]

SUDO = '#!/bin/sh\nshift; name=$1; shift\nexec setpriv --reuid "$name" --regid "$name" --init-groups "$@"\n'


def count_articles(machine: Any) -> int:
    said = machine.run("marsad", "status", "--json", user="marsad")
    return int(json.loads(said.stdout)["summary"]["articles"])


def test_the_commands_of_the_page_install_upgrade_move_and_remove(bare: Any, blocks: Any, type_in: Any) -> None:
    bare.write("/usr/local/bin/sudo", SUDO)
    bare.do("chmod", "755", "/usr/local/bin/sudo")
    [_, first] = blocks("With pip, pipx or uv")
    [upgrade] = blocks("Upgrading")
    [leave, arrive] = blocks("Moving to another machine")
    [remove, delete] = blocks("Uninstalling")

    type_in(bare, first)
    assert bare.show("ActiveState", "UnitFileState") == {"ActiveState": "active", "UnitFileState": "enabled"}
    bare.wait(lambda: count_articles(bare) > 0, "the first article")
    type_in(bare, upgrade)
    assert bare.show("ActiveState") == {"ActiveState": "active"}

    type_in(bare, leave)
    before = count_articles(bare)
    bare.do("sh", "-c", "rm -r /var/lib/marsad/* /etc/marsad/* /etc/marsad/.schema")  # so is the other machine
    type_in(bare, arrive)
    assert bare.show("ActiveState") == {"ActiveState": "active"}
    assert count_articles(bare) == before
    bare.do("test", "-e", "/etc/marsad/rules/desk.yaml")

    type_in(bare, remove)
    assert bare.run("systemctl", "cat", "marsad").returncode != 0
    type_in(bare, delete)
    assert bare.run("ls", "/etc/marsad").returncode == bare.run("ls", "/var/lib/marsad").returncode == 2
