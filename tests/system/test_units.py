"""What `meson install` puts where, and the units: right in systemd's eyes, and as closed as they are said to be."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from rig import build

FILES = {
    "bin/cowork", "sbin/coworkd",
    "lib/systemd/system/coworkd.service", "lib/systemd/system/coworkd.socket",
    "lib/systemd/system/coworkd@.service", "lib/systemd/system/coworkd-instances.socket",
    "lib/systemd/system/coworkd-migrate.service",
    "lib/sysusers.d/coworkd.conf", "lib/tmpfiles.d/coworkd.conf",
    "share/bash-completion/completions/cowork", "share/fish/vendor_completions.d/cowork.fish",
    "share/zsh/site-functions/_cowork", "share/locale/ko/LC_MESSAGES/cowork.mo",
    "share/man/man1/cowork.1", "share/man/man5/coworkd.conf.5", "share/man/man7/cowork-dates.7",
    "share/man/man7/cowork-protocol.7", "share/man/man8/coworkd.8",
}
# The most that `systemd-analyze security` may find exposed, of 10. A unit with a network of its own has more.
EXPOSURE = {"coworkd.service": 1.2, "coworkd@.service": 0.4, "coworkd-migrate.service": 0.4}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """The folder of the prefix, where the build under test was installed into an empty root."""
    root = tmp_path_factory.mktemp("root")
    options = json.loads(subprocess.run(["meson", "introspect", "--buildoptions", build()], check=True,
                                        capture_output=True).stdout)
    done = subprocess.run(["meson", "install", "-C", build(), "--no-rebuild"], env={**os.environ, "DESTDIR": str(root)},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    [place] = [option["value"] for option in options if option["name"] == "prefix"]
    return root / place.lstrip("/")


@pytest.fixture(scope="module")
def units(prefix, tmp_path_factory):
    """A folder with the units, their program being the one just built."""
    folder = tmp_path_factory.mktemp("units")
    for file in (prefix / "lib/systemd/system").iterdir():
        text = re.sub(r"(?<=^ExecStart=)\S+/sbin/coworkd", str(build().resolve() / "daemon/coworkd"), file.read_text(),
                      flags=re.M)
        (folder / file.name).write_text(text)
    return folder


def sections(file):
    """{section: {key: [values]}}: a key may come more than once."""
    found, section = {}, None
    for line in file.read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and line[0] not in "#;":
            key, value = line.split("=", 1)
            section.setdefault(key, []).append(value)
    return found


def test_everything_is_installed_in_its_place(prefix):
    assert {str(file.relative_to(prefix)) for file in prefix.rglob("*") if not file.is_dir()} == FILES
    assert all(os.access(prefix / name, os.X_OK) for name in ("bin/cowork", "sbin/coworkd"))
    assert not (prefix / "lib/systemd/system/coworkd.service").stat().st_mode & 0o111


def test_the_units_name_the_installed_program(prefix):
    for name in EXPOSURE:
        [line] = sections(prefix / "lib/systemd/system" / name)["Service"]["ExecStart"]
        program = pathlib.Path(line.split()[0])
        assert program.name == "coworkd" and str(prefix).endswith(str(program.parent.parent))


@pytest.mark.parametrize("name", ["coworkd.service", "coworkd.socket", "coworkd@1.service", "coworkd@7.service",
                                  "coworkd-instances.socket", "coworkd-migrate.service"])
def test_systemd_finds_nothing_wrong_with(name, units):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", name], cwd=units, capture_output=True, text=True,
                          env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"})
    ours = [line for line in done.stderr.splitlines() if "coworkd" in line]
    assert done.returncode == 0 and not ours, done.stderr


@pytest.mark.parametrize("name", EXPOSURE)
def test_no_unit_is_more_exposed_than(name, units):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", units / name],
                          capture_output=True, text=True)
    score = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout).group(1))
    assert score <= EXPOSURE[name], done.stdout


def test_instances_share_one_socket_and_exclude_the_single_service(units):
    """The pitfalls: a socket starts the service of its own name, a failed service takes its socket with it."""
    socket, instance, single = (sections(units / name) for name in
                                ("coworkd-instances.socket", "coworkd@.service", "coworkd.service"))
    assert socket["Socket"]["Service"] == ["coworkd@1.service"] and "Accept" not in socket["Socket"]
    assert instance["Service"]["Sockets"] == ["coworkd-instances.socket"]
    assert instance["Unit"]["Requires"] == ["coworkd-instances.socket"]
    assert instance["Unit"]["StartLimitIntervalSec"] == ["0"]
    for unit, others in ((instance, "coworkd.service coworkd.socket"), (socket, "coworkd.socket coworkd.service"),
                         (single, "coworkd-instances.socket")):
        assert unit["Unit"]["Conflicts"] == [others]
    assert sections(units / "coworkd.socket")["Socket"]["ListenStream"] == socket["Socket"]["ListenStream"]


@pytest.mark.parametrize("name", ["coworkd.service", "coworkd@.service"])
def test_the_service_is_watched_reloaded_and_given_up_for_a_wrong_configuration(name, units):
    service = sections(units / name)["Service"]
    assert service["Type"] == ["notify"] and service["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert service["RestartPreventExitStatus"] == ["78"] and service["LimitCORE"] == ["0"]
    # below what a batch takes that is given up as it should be, the watchdog would end a daemon that is well
    assert int(service["WatchdogSec"][0].rstrip("s")) >= 40
    assert "coworkd-migrate.service" in sections(units / name)["Unit"]["After"][0]
    assert not any("migrate" in value for key in ("Requires", "Wants", "BindsTo")
                   for value in sections(units / name)["Unit"].get(key, []))


def test_nothing_starts_the_migration_but_somebody(units):
    assert "Install" not in sections(units / "coworkd-migrate.service")


def test_the_user_is_made_as_the_units_name_it(prefix, units, tmp_path):
    (tmp_path / "etc").mkdir()
    done = subprocess.run(["systemd-sysusers", "--dry-run", f"--root={tmp_path}", prefix / "lib/sysusers.d/coworkd.conf"],
                          capture_output=True, text=True)
    assert done.returncode == 0 and "Creating user 'coworkd'" in done.stdout + done.stderr
    assert sections(units / "coworkd.service")["Service"]["User"] == ["coworkd"]
    assert re.search(r"^d /etc/coworkd/tls 0750 root coworkd", (prefix / "lib/tmpfiles.d/coworkd.conf").read_text(), re.M)


def test_a_unit_with_a_mistake_is_found(units, tmp_path):
    """The check above can fail."""
    for file in units.iterdir():
        shutil.copy(file, tmp_path)
    service = tmp_path / "coworkd.service"
    service.write_text(service.read_text().replace("Type=notify", "Type=notfy"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "coworkd.service"], cwd=tmp_path, capture_output=True,
                          text=True, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"})
    assert "coworkd.service" in done.stderr and "notfy" in done.stderr
