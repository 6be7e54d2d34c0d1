# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a place outlives the job, by the mounts of containers as podman and Kubernetes make them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.portal.users.plugins.plugin_utils._people.store import lasting

VOLUME = "/var/lib/portal-users"
PODMAN = """\
700 650 0:61 / / rw,relatime - overlay overlay rw,lowerdir=/l/A,upperdir=/diff,workdir=/work
701 700 0:64 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
702 700 0:65 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
710 700 253:0 /tmp/awx_11_x4k2/ /runner rw,relatime - xfs /dev/mapper/root rw
711 700 253:0 /srv/portal-users /var/lib/portal-users rw,relatime - xfs /dev/mapper/root rw
712 700 0:70 / /etc/pki/ca-trust rw,relatime - overlay overlay rw,lowerdir=/etc/pki/ca-trust
713 700 253:0 /srv/with\\040blank /var/lib/with\\040blank rw,relatime - xfs /dev/mapper/root rw
"""
POD = """\
900 800 0:200 / / rw,relatime - overlay overlay rw,lowerdir=/l/A
901 900 8:1 /var/lib/kubelet/pods/1-2/volumes/kubernetes.io~empty-dir/scratch /scratch rw,relatime - ext4 /dev/sda1 rw
902 900 0:55 / /memory rw,relatime - tmpfs tmpfs rw,size=1g
903 900 0:60 / /var/lib/portal-users rw,relatime - nfs4 10.0.0.5:/export/portal-users rw,vers=4.2
"""
MACHINE = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
28 27 0:25 / /run rw,nosuid,nodev - tmpfs tmpfs rw
nonsense
"""
LAYER = "lies in a layer of the container"
PRIVATE = "lies in the private folder of the job"
PLACES = [
    (PODMAN, f"{VOLUME}/provisioning", True, ""),
    (PODMAN, "/var/lib/with blank/provisioning", True, ""),
    (PODMAN, "/var/lib/elsewhere", True, LAYER),
    (PODMAN, "/etc/pki/ca-trust/x", True, LAYER),
    (PODMAN, "/runner/project/provisioning", True, PRIVATE),
    (PODMAN, "/dev/provisioning", True, "lies in memory (tmpfs at /dev)"),
    (PODMAN, "/var/lib/elsewhere", False, LAYER),
    (POD, f"{VOLUME}/provisioning", True, ""),
    (POD, "/scratch/provisioning", True, "lies in an emptyDir (/scratch)"),
    (POD, "/memory/provisioning", True, "lies in memory"),
    (POD, "/runner/project/provisioning", True, PRIVATE),
    (MACHINE, "/srv/provisioning", False, ""),
    (MACHINE, "/run/provisioning", False, "lies in memory"),
    # AWX knows no job outside of a container, whatever that is made of.
    (MACHINE, "/srv/provisioning", True, LAYER),
    (MACHINE, "/runner/provisioning", False, ""),
    ("", "/srv/provisioning", True, ""),
]


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lasting, "MOUNTS", tmp_path / "mountinfo")
    return tmp_path / "mountinfo"


@pytest.mark.parametrize(("text", "place", "job", "says"), PLACES)
def test_a_place_outlives_the_job_or_is_told_why_not(mounts: Path, text: str, place: str, job: bool, says: str) -> None:
    mounts.write_text(text, "utf-8")
    why = lasting.thrown_away(Path(place), job=job)
    assert why.startswith(says)
    assert bool(why) == bool(says)


def test_a_mount_upon_a_mount_hides_it(mounts: Path) -> None:
    mounts.write_text(PODMAN + "720 711 0:80 / /var/lib/portal-users rw - tmpfs tmpfs rw\n", "utf-8")
    assert lasting.thrown_away(Path(VOLUME), job=True).startswith("lies in memory")


def test_a_link_lies_where_it_leads(mounts: Path, tmp_path: Path) -> None:
    mounts.write_text(PODMAN, "utf-8")
    (tmp_path / "link").symlink_to(VOLUME)
    assert lasting.thrown_away(tmp_path / "link" / "x", job=True) == ""


def test_the_private_folder_is_where_ansible_runner_says(mounts: Path, tmp_path: Path) -> None:
    mounts.write_text(f"1 0 8:1 / {tmp_path} rw - ext4 /dev/sda rw\n", "utf-8")
    folder = str(tmp_path / "artifacts" / "7")
    assert lasting.thrown_away(tmp_path / "project", job=True, folder=folder).startswith(PRIVATE)
    assert lasting.thrown_away(tmp_path / "project", job=False, folder=folder) == ""


def test_a_system_that_does_not_tell_is_believed(mounts: Path) -> None:
    assert not mounts.exists()
    assert lasting.thrown_away(Path("/srv/x"), job=True) == ""


def mounted(commands: str, *places: Path) -> dict[str, str]:
    """Return what is said of places in a mount namespace in which ``commands`` have mounted something."""
    said = "import json, sys; from pathlib import Path; "
    said += f"from {lasting.__name__} import thrown_away; "
    said += "print(json.dumps({one: thrown_away(Path(one), job=True) for one in sys.argv[1:]}))"
    alone = ["unshare", "--mount", "sh", "-ec", f'{commands}; exec "$@"', "sh"]
    found = subprocess.run(
        [*alone, sys.executable, "-c", said, *map(str, places)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, str] = json.loads(found.stdout)
    return told


def may_mount() -> bool:
    """Return whether a namespace with mounts of its own can be had here."""
    if shutil.which("unshare") is None:
        return False
    return not subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode


@pytest.mark.skipif(not may_mount(), reason="only root may mount, and only where a container lets it")
def test_it_is_so_for_mounts_of_the_system(tmp_path: Path) -> None:
    volume, disk, memory, layer = (tmp_path / name for name in ("volume", "disk", "memory", "layer"))
    for one in (volume, disk, memory, layer):
        one.mkdir()
    mount = lasting._mount(tmp_path)
    if mount is not None and mount.kind in (*lasting.LAYERS, *lasting.MEMORY):
        pytest.skip("temporary files lie in a layer of a container or in memory here, and so would the volume")
    # What AWX does with AWX_ISOLATION_SHOW_PATHS: a folder of the node appears in the container.
    mounts = f"mount --bind {disk} {volume}; mount -t tmpfs none {memory}"
    told = mounted(mounts, volume / "provisioning", memory / "x", layer / "x")
    assert told[str(volume / "provisioning")] == ""
    assert told[str(memory / "x")].startswith("lies in memory (tmpfs")
    assert told[str(layer / "x")].startswith(LAYER)
