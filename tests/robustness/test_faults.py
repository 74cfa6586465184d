"""Faults while files are written: full disks, read-only folders, ctrl-C. Files are complete or absent."""

import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import autodiff.__main__
import nn.__main__
import visualize.__main__
from autodiff import variables
from nn import MLP, save
from tests.support.children import FORKS, in_child, without_rights, without_room
from visualize import draw, page

# --- Each kind of file, by its function ----------------------------------------------------------


def graph():
    """D1, differentiated."""
    x, y, z = variables(x=-2, y=5, z=-4)
    f = (x + y) * z
    f.backward()
    return f


def write_picture(path):
    draw(graph(), layout="built-in").save(path)


def write_page(path):
    page(graph(), layout="built-in").save(path)


def write_frames(path):
    """Write one file per step: seven, the first at the path."""
    x, y = variables(x=3, y=4)
    draw(x * y, layout="built-in").frames(str(path).replace("-1.", "-{n}."))


def write_model(path):
    save(MLP(2, [4, 1], seed=0), path)


WRITERS = {
    "d1.svg": write_picture,
    "d1.dot": write_picture,
    "d1.png": write_picture,
    "d1.pdf": write_picture,
    "d1.html": write_page,
    "step-1.svg": write_frames,
    "net.json": write_model,
}
writers = pytest.mark.parametrize(("write", "name"), [(write, name) for name, write in WRITERS.items()], ids=WRITERS)
over = pytest.mark.parametrize("old", [None, b"what was there"], ids=["new", "over an old file"])


def entries(folder):
    """{name: contents} of a folder."""
    return {name: (Path(folder) / name).read_bytes() for name in os.listdir(folder)}


@pytest.fixture
def place(tmp_path):
    """The path to write, with and without an old file there, and the contents of the folder."""

    def made(name, old):
        if old is not None:
            (tmp_path / name).write_bytes(old)
        return tmp_path / name, entries(tmp_path)

    return made


class Faulty:
    """A file that takes ten bytes and then fails."""

    def __init__(self, file, fault):
        self.file, self.fault = file, fault

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, content):
        self.file.write(content[:10])
        self.fault()


def full():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupt(*arguments):
    signal.raise_signal(signal.SIGINT)


def opening(fault):
    """open() whose files for writing are faulty."""
    true_open = open

    def opened(file, mode="r", *arguments, **options):
        found = true_open(file, mode, *arguments, **options)
        return found if "r" in mode else Faulty(found, fault)

    return opened


@writers
@over
@pytest.mark.parametrize("call", ["write", "replace"])
def test_full_disk_keeps_old_file(write, name, old, call, place, monkeypatch):
    path, before = place(name, old)
    with monkeypatch.context() as patched:
        patched.setattr(*(("builtins.open", opening(full)) if call == "write" else (os, "replace", lambda *_: full())))
        with pytest.raises(OSError, match="No space left") as caught:
            write(path)

    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, os.fspath(path))
    assert entries(path.parent) == before


@FORKS
@writers
@over
def test_short_write_keeps_old_file(write, name, old, place, tmp_path_factory):
    write(tmp_path_factory.mktemp("warm") / name)  # lazy imports may write caches
    path, before = place(name, old)
    error = in_child(lambda: (without_room(), write(path))).error

    assert (error.number, error.file) == (errno.EFBIG, os.fspath(path))
    assert entries(path.parent) == before


@writers
@over
@pytest.mark.parametrize("call", ["write", "replace"])
def test_ctrl_c_while_saving_keeps_old_file(write, name, old, call, place, monkeypatch):
    path, before = place(name, old)
    with monkeypatch.context() as patched:
        patched.setattr(*(("builtins.open", opening(interrupt)) if call == "write" else (os, "replace", interrupt)))
        with pytest.raises(KeyboardInterrupt):
            write(path)

    assert entries(path.parent) == before


@pytest.fixture
def reachable():
    """A folder that every user may enter, unlike those that pytest makes for root."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@FORKS
@writers
@over
def test_read_only_folder_is_named(write, name, old, reachable, tmp_path):
    write(tmp_path / name)  # imports what only root may read, perhaps
    locked, free = reachable / "locked", reachable / "free"
    for folder in (locked, free):
        folder.mkdir()
        if old is not None:
            (folder / name).write_bytes(old)
            os.chmod(folder / name, 0o666)
    os.chmod(locked, 0o555)
    os.chmod(free, 0o777)
    before = entries(locked)

    refused = in_child(lambda: (without_rights(), write(locked / name))).error
    allowed = in_child(lambda: (without_rights(), write(free / name))).error

    os.chmod(locked, 0o755)
    assert (refused.kind, refused.file) == ("PermissionError", os.fspath(locked / name))
    assert entries(locked) == before
    assert allowed is None
    assert name in entries(free)
    assert old not in entries(free).values()


@writers
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_device_or_pipe_is_not_replaced(write, name, tmp_path):
    """Renaming a file to /dev/null would remove the device for the whole machine."""
    pipe = tmp_path / name
    os.mkfifo(pipe)
    with pytest.raises(OSError, match=f"{name}.*not a regular file"):
        write(pipe)

    assert pipe.is_fifo()
    assert os.listdir(tmp_path) == [name]


@writers
def test_folder_in_the_way_or_missing_is_named(write, name, tmp_path):
    (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError, match=f"{name}.*it is a folder"):
        write(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write(tmp_path / "no" / name)

    assert os.listdir(tmp_path) == [name]


@writers
@pytest.mark.parametrize("strange", ["\0", "\ud800"], ids=["zero byte", "half a character"])
def test_impossible_file_name_is_named(write, name, strange, tmp_path):
    with pytest.raises(ValueError, match=r"cannot save .*: not a valid file name"):
        write(f"{tmp_path}/{strange}{name}")

    assert os.listdir(tmp_path) == []


@writers
def test_written_file_keeps_mode_and_links(write, name, tmp_path):
    write(tmp_path / name)
    whole = entries(tmp_path)
    assert len(whole[name]) > 100

    (tmp_path / "home").mkdir()
    target = tmp_path / "home" / "kept"
    target.write_bytes(b"old")
    os.chmod(target, 0o640)
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to(target)
    write(tmp_path / name)

    assert (tmp_path / name).is_symlink()
    assert target.stat().st_size == len(whole[name])
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert os.listdir(tmp_path / "home") == ["kept"]


# --- Each kind of file, by its command -----------------------------------------------------------

COMMANDS = {
    "autodiff d1.svg": (autodiff.__main__, ["D1", "-o", "d1.svg"]),
    "autodiff d1.html": (autodiff.__main__, ["D1", "-o", "d1.html"]),
    "autodiff quiz.html": (autodiff.__main__, ["--quiz", "2", "-o", "quiz.html"]),
    "autodiff quiz.gift": (autodiff.__main__, ["--quiz", "2", "-o", "quiz.gift"]),
    "visualize d1.svg": (visualize.__main__, ["D1", "--layout", "built-in", "-o", "d1.svg"]),
    "visualize d1.png": (visualize.__main__, ["D1", "--layout", "built-in", "-o", "d1.png"]),
    "visualize d1.html": (visualize.__main__, ["D1", "-o", "d1.html"]),
    "visualize d1-1.svg": (visualize.__main__, ["D1", "--layout", "built-in", "-o", "d1-{n}.svg"]),
    "nn net.json": (nn.__main__, ["or", "--epochs", "2", "--save", "net.json"]),
    "nn net.svg": (nn.__main__, ["or", "--epochs", "2", "--plot", "net.svg"]),
    "nn runs.png": (nn.__main__, ["or", "--epochs", "2", "--seeds", "2", "--plot", "runs.png"]),
    "nn net.html": (nn.__main__, ["or", "--epochs", "2", "--page", "net.html"]),
}
commands = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command whose file exists already: (status, last message); check that nothing has changed."""

    def ended(command, prepare=lambda: None):
        door, arguments = COMMANDS[command]
        name = command.split()[1]
        monkeypatch.chdir(tmp_path)
        (tmp_path / name).write_bytes(b"what was there")
        found = in_child(lambda: (prepare(), door.main(arguments))[1])

        assert found.error is None
        assert entries(tmp_path) == {name: b"what was there"}
        assert "Traceback" not in found.messages
        return found.value, name, found.messages.strip().splitlines()[-1:]

    return ended


@FORKS
@commands
def test_command_on_full_disk_exits_with_2(run, command):
    run_once_elsewhere(command)
    status, name, messages = run(command, without_room)

    assert status == 2
    assert messages[0].endswith(f"[Errno {errno.EFBIG}] File too large: {name!r}")


@FORKS
@commands
def test_command_interrupted_exits_with_130(run, command, monkeypatch):
    monkeypatch.setattr(os, "replace", interrupt)
    status, _, messages = run(command)

    assert status == 130
    assert "Errno" not in "".join(messages)


@FORKS
@commands
def test_command_in_read_only_folder_exits_with_2(command, reachable, monkeypatch):
    run_once_elsewhere(command)
    door, arguments = COMMANDS[command]
    monkeypatch.chdir(reachable)
    os.chmod(reachable, 0o555)
    found = in_child(lambda: (without_rights(), door.main(arguments))[1])

    assert (found.value, found.error) == (2, None)
    assert f"Permission denied: '{command.split()[1]}'" in found.messages
    assert os.listdir(reachable) == []


def run_once_elsewhere(command):
    """Import what the command imports lazily, before the disk is full or rights are dropped."""
    door, arguments = COMMANDS[command]
    if command not in warm:
        with tempfile.TemporaryDirectory() as folder:
            here = os.getcwd()
            os.chdir(folder)
            try:
                assert door.main(arguments) == 0
            finally:
                os.chdir(here)
        warm.add(command)


warm = set()
DOORS = {"autodiff": ["D1"], "visualize": ["D1", "-o", "d1.svg"], "nn": ["or", "--epochs", "2"]}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("door", DOORS)
def test_full_output_is_named(door, tmp_path):
    with open("/dev/full", "w") as output:
        command = [sys.executable, "-m", door, *DOORS[door]]
        ended = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, cwd=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.endswith("the output cannot be written: [Errno 28] No space left on device\n")
    assert "Traceback" not in ended.stderr
