import fcntl
import os
from pathlib import Path

import pytest
from forkant_devstack.native import places
from forkant_devstack.process import DevstackError
from forkant_devstack.testing.session_folder import session_folder

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    """A repository that every user may enter; pytest's own temporary folders are closed."""
    with session_folder() as folder:
        yield folder


def test_the_state_of_an_open_repository_lies_inside_it(open_folder: Path) -> None:
    assert places.state_home(open_folder) == open_folder / ".forkant"


@needs_root
def test_the_state_of_a_closed_repository_lies_in_a_folder_of_its_own(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)

    home = places.state_home(closed)

    assert home.parent == Path("/var/lib/forkant")
    assert home.stat().st_mode & 0o777 == 0o755
    assert home == places.state_home(closed)
    another = places.state_home(closed / "another")
    assert home != another
    home.rmdir()
    another.rmdir()


@needs_root
@pytest.mark.parametrize("trap", ["link", "stranger"])
def test_a_folder_that_another_user_laid_out_is_refused(open_folder: Path, trap: str) -> None:
    path = open_folder / "trap"
    if trap == "link":
        path.symlink_to(open_folder)
    else:
        path.mkdir()
        os.chown(path, 65534, 65534)
    with pytest.raises(DevstackError, match="does not belong to the user"):
        places.own_folder(path)


def test_folders_of_dead_test_sessions_are_swept_and_living_ones_kept() -> None:
    with session_folder() as living:
        dead = living.with_name(living.name + "-dead")
        dead.mkdir()
        (dead / "session.lock").touch()
        with (dead / "session.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with session_folder():
                assert dead.exists()
        with session_folder():
            assert not dead.exists()
            assert living.exists()


def test_databases_lie_in_memory_where_there_is_room_and_else_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forkant_devstack.testing.session_folder._ROOM_BYTES", 1 << 60)
    with session_folder(in_memory=True) as crowded, session_folder() as usual:
        assert crowded.parent == usual.parent
    monkeypatch.setattr("forkant_devstack.testing.session_folder._ROOM_BYTES", 0)
    memory = Path("/dev/shm")
    if not memory.is_dir() or os.statvfs(memory).f_flag & os.ST_NOEXEC:
        pytest.skip("no program may run from this machine's memory")
    with session_folder(in_memory=True) as roomy:
        assert roomy.parent == memory
        assert roomy.stat().st_mode & 0o777 == 0o755
    assert not roomy.exists()


def test_a_folder_that_vanishes_while_it_is_looked_at_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with session_folder() as living:
        gone = living.with_name(living.name + "-gone")
        monkeypatch.setattr(Path, "glob", lambda _self, _pattern: iter([gone]))
        with session_folder() as mine:
            assert mine.is_dir()
