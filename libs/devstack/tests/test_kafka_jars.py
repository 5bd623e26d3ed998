import hashlib
import os
import sys
from pathlib import Path

import pytest
from forkant_devstack.native.kafka import jars, storage, tools
from forkant_devstack.process import DevstackError

CONTENT = b"a jar"
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def libs(tmp_path: Path) -> Path:
    folder = tmp_path / "libs"
    folder.mkdir()
    (folder / "good.jar").write_bytes(CONTENT)
    return folder


def test_known_jars_pass(libs: Path) -> None:
    jars.check(libs, {"good.jar": SUM})


@pytest.mark.parametrize(
    ("expected", "complaint"),
    [
        ({"good.jar": "0" * 64}, f"good.jar has SHA-256 {SUM}, not {'0' * 64}"),
        ({"good.jar": SUM, "other.jar": SUM}, "other.jar is missing"),
        ({}, "good.jar is not expected"),
    ],
)
def test_each_wrong_jar_is_named_with_what_to_do(libs: Path, expected: dict[str, str], complaint: str) -> None:
    with pytest.raises(DevstackError, match=complaint) as caught:
        jars.check(libs, expected)
    assert not isinstance(caught.value, tools.KafkaUnavailableError), "a tampered download must not fall back silently"
    assert f"delete {libs.parent}" in caught.value.hint


def test_every_committed_sum_is_one_and_the_pom_pins_kafkas_version() -> None:
    sums = jars.committed_sums()
    assert f"kafka_2.13-{jars.VERSION}.jar" in sums
    assert all(len(digest) == 64 and name.endswith(".jar") for name, digest in sums.items())


def test_log4j_is_one_version_and_fits_slf4j() -> None:
    names = set(jars.committed_sums())
    versions = {name.rpartition("-")[2] for name in names if name.startswith("log4j-")}
    assert len(versions) == 1
    assert {"log4j-slf4j-impl", "slf4j-api"} <= {name.rpartition("-")[0] for name in names}


def test_a_download_that_maven_cannot_do_says_what_maven_said(fake_tools: Path, tmp_path: Path) -> None:
    program(fake_tools / "mvn", "print('[ERROR] Unknown host repo.example'); raise SystemExit(1)")
    with pytest.raises(tools.KafkaUnavailableError, match="could not download") as caught:
        jars.ensure_jars(tmp_path, install=False, progress=lambda _: None)
    assert "Unknown host repo.example" in caught.value.hint
    assert "--broker embedded" in caught.value.hint
    assert not (tmp_path / "libs").exists()


def test_a_download_with_a_wrong_jar_is_not_kept(fake_tools: Path, tmp_path: Path) -> None:
    program(
        fake_tools / "mvn",
        "import pathlib, sys\n"
        "target = pathlib.Path(next(a for a in sys.argv if 'outputDirectory' in a).partition('=')[2])\n"
        "target.mkdir(); (target / 'evil.jar').write_bytes(b'')",
    )
    with pytest.raises(DevstackError, match=r"evil\.jar is not expected"):
        jars.ensure_jars(tmp_path, install=False, progress=lambda _: None)
    assert not (tmp_path / "libs").exists()


def test_a_missing_java_and_a_missing_maven_say_what_to_install(fake_tools: Path) -> None:
    with pytest.raises(tools.KafkaUnavailableError, match="no Java is here") as caught:
        tools.require_java(install=False, progress=lambda _: None)
    assert "apt-get install openjdk-17-jre-headless" in caught.value.hint
    with pytest.raises(tools.KafkaUnavailableError, match="Maven") as caught:
        tools.require_maven(install=False, progress=lambda _: None)
    assert "apt-get install maven" in caught.value.hint


def test_an_old_java_is_named(fake_tools: Path) -> None:
    program(fake_tools / "java", "import sys; print('openjdk version \"11.0.2\" 2019-01-15', file=sys.stderr)")
    with pytest.raises(tools.KafkaUnavailableError, match="is Java 11"):
        tools.require_java(install=False, progress=lambda _: None)


def test_java_is_installed_by_apt_and_said_so(fake_tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "can_install", lambda: True)
    java = "#!" + sys.executable + "\\nimport sys; sys.stderr.write('openjdk version \"17.0.1\"')"
    program(fake_tools / "apt-cache", "import sys; print('Candidate:', '17' if 'default' in sys.argv[2] else '(none)')")
    program(
        fake_tools / "apt-get",
        "import pathlib, sys\n"
        f"here = pathlib.Path({str(fake_tools)!r})\n"
        "(here / 'calls').open('a').write(' '.join(sys.argv[4:]) + '\\n')\n"
        f"if 'install' in sys.argv: (here / 'java').write_text({java!r}.replace('\\\\n', chr(10))); (here / 'java').chmod(0o755)",
    )
    said: list[str] = []

    assert tools.require_java(install=True, progress=said.append).major == 17

    calls = (fake_tools / "calls").read_text().splitlines()
    assert calls == ["update", "install --yes --no-install-recommends default-jre-headless"]
    assert "apt-get update" in said[0]


def test_data_of_a_newer_kafka_is_refused_and_of_an_older_one_taken_over(tmp_path: Path) -> None:
    mark = tmp_path / "formatted-by"
    mark.write_text("99.0.0")
    with pytest.raises(DevstackError, match=r"written by Kafka 99\.0\.0, and this is"):
        storage.ensure_formatted(tmp_path, command=("false",), settings=tmp_path)
    mark.write_text("3.9.1")
    storage.ensure_formatted(tmp_path, command=("false",), settings=tmp_path)
    assert mark.read_text() == jars.VERSION


def test_settings_spell_letters_of_a_home_folder_as_java_reads_them(tmp_path: Path) -> None:
    home = tmp_path / "bjørn 😀"
    home.mkdir()
    written = storage.write_settings(home, port=1, controller_port=2).read_bytes()
    assert rb"bj\u00f8rn \ud83d\ude00/data" in written


@pytest.fixture
def fake_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what the test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", os.fspath(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def program(path: Path, source: str) -> None:
    path.write_text(f"#!{sys.executable}\n{source}\n")
    path.chmod(0o755)
