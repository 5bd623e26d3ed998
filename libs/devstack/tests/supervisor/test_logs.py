from forkant_devstack.supervisor import logs


def test_a_fresh_log_is_empty_and_keeps_the_last_one_beside(tmp_path):
    logs.fresh(tmp_path, "kafka").write_text("old\n")

    assert logs.fresh(tmp_path, "kafka").read_text() == ""
    assert (tmp_path / "kafka.log.1").read_text() == "old\n"


def test_a_log_that_has_grown_too_long_starts_over_and_its_writer_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "MAX_BYTES", 10)
    path = tmp_path / "kafka.log"
    with path.open("ab", buffering=0) as writer:
        writer.write(b"more than ten bytes\n")
        logs.shorten(path)
        writer.write(b"new\n")

    assert path.read_bytes() == b"new\n"


def test_the_last_lines_of_a_missing_log_are_none(tmp_path):
    assert logs.last_lines(tmp_path / "kafka.log", 5) == []


def test_a_follower_gives_whole_lines_once_and_of_new_files_too(tmp_path):
    (tmp_path / "a.log").write_text("old\n")
    follower = logs.Follower(tmp_path, from_start=False)
    with (tmp_path / "a.log").open("a") as file:
        file.write("one\nhal")
    (tmp_path / "b.log").write_text("two\n")

    assert list(follower.new_lines()) == [("a", "one"), ("b", "two")]
    with (tmp_path / "a.log").open("a") as file:
        file.write("f\n")
    assert list(follower.new_lines()) == [("a", "half")]
    assert list(follower.new_lines()) == []


def test_a_follower_begins_again_in_a_log_that_started_over(tmp_path):
    path = tmp_path / "a.log"
    path.write_text("first line\n")
    follower = logs.Follower(tmp_path)
    assert list(follower.new_lines()) == [("a", "first line")]

    path.write_text("anew\n")

    assert list(follower.new_lines()) == [("a", "anew")]
