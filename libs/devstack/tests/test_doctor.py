import os
import socket
from pathlib import Path

import pytest
from forkant_devstack.native import doctor
from forkant_devstack.native.doctor import Check, checks
from forkant_devstack.native.ports import free_ports

ROOT = Path(__file__).parents[3]


def named(found: list[Check], name: str) -> Check:
    return next(check for check in found if check.name.startswith(name))


def test_this_environment_is_found_fit() -> None:
    found = checks(root=ROOT, ports={"kafka": free_ports(1)[0]})
    for name in ("Python", "environment", "PostgreSQL 18", "disk", "user", "port"):
        assert named(found, name).ok, named(found, name)
    assert "18." in named(found, "PostgreSQL 18").detail


def test_a_port_in_use_names_its_holder_and_how_to_choose_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        check = named(checks(root=ROOT, ports={"kafka": port}), f"port {port}")
    assert not check.ok
    assert f"pid {os.getpid()}" in check.detail
    assert "--port kafka=NUMBER" in check.remedy


@pytest.mark.parametrize("name", ["Java", "Maven"])
def test_what_is_missing_is_fine_only_where_it_can_be_installed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    for able in (True, False):
        monkeypatch.setattr(doctor, "can_install", lambda able=able: able)
        check = named(checks(root=ROOT, ports={}), name)
        assert check.ok is able
        assert able or "apt-get install" in check.remedy


def test_a_tampered_cache_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path))
    libs = tmp_path / "forkant" / "kafka" / doctor.VERSION / "libs"
    libs.mkdir(parents=True)
    (libs / "evil.jar").touch()
    check = named(checks(root=ROOT, ports={}), "Kafka")
    assert not check.ok
    assert "evil.jar is not expected" in check.detail
