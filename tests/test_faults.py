"""Faults from outside: full disks, read-only folders, ctrl-C, nan in data. Files are whole or absent."""

import errno
import os
import signal

import pytest

import nn
from autodiff import variables
from nn import MLP, fit, load, save, truth_table
from visualize import draw

NO_ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")


def picture():
    x, y, z = variables(x=-2, y=5, z=-4)
    f = (x + y) * z
    f.backward()
    return draw(f, layout="built-in")


def save_svg(path):
    picture().save(path)


def save_dot(path):
    picture().save(path)


def save_model(path):
    save(MLP(2, [4, 1], seed=0), path)


WRITERS = [(save_svg, "d1.svg"), (save_dot, "d1.dot"), (save_model, "net.json")]
writers = pytest.mark.parametrize(("write", "name"), WRITERS, ids=[name for _, name in WRITERS])


def failing(number):
    def fail(*arguments, **options):
        raise OSError(number, os.strerror(number))

    return fail


@writers
@pytest.mark.parametrize("old", [None, b"what was there"], ids=["new", "over an old file"])
@pytest.mark.parametrize("call", ["replace", "write"])
def test_a_full_disk_leaves_what_was_there_and_no_other_file(write, name, old, call, tmp_path, monkeypatch):
    path = tmp_path / name
    if old is not None:
        path.write_bytes(old)
    with monkeypatch.context() as patched:
        if call == "replace":
            patched.setattr(os, "replace", failing(errno.ENOSPC))
        else:
            patched.setattr("builtins.open", full_disk(open))
        with pytest.raises(OSError, match="No space left") as caught:
            write(path)

    assert caught.value.errno == errno.ENOSPC
    assert [entry.name for entry in tmp_path.iterdir()] == ([] if old is None else [name])
    assert old is None or path.read_bytes() == old


def full_disk(true_open):
    """open() whose files for writing take ten characters, then are full."""

    def opened(file, mode="r", *arguments, **options):
        found = true_open(file, mode, *arguments, **options)
        return found if "r" in mode else FullFile(found)

    return opened


class FullFile:
    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, content):
        self.file.write(content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@writers
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_device_or_pipe_is_not_replaced_by_a_file(write, name, tmp_path):
    """Renaming a file to /dev/null would take the device away from the whole machine."""
    pipe = tmp_path / name
    os.mkfifo(pipe)
    with pytest.raises(OSError, match=f"{name}.*no regular file"):
        write(pipe)

    assert pipe.is_fifo()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@NO_ROOT
@writers
def test_a_read_only_folder_is_named(write, name, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    with pytest.raises(PermissionError, match=name):
        write(folder / name)

    assert list(folder.iterdir()) == []


@writers
def test_a_refused_file_is_named_as_the_caller_named_it(write, name, tmp_path, monkeypatch):
    """What a read-only folder answers, also where the tests run as root."""
    monkeypatch.setattr("builtins.open", failing_for_writing(open))
    with pytest.raises(PermissionError) as caught:
        write(tmp_path / name)

    assert caught.value.filename == os.fspath(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def failing_for_writing(true_open):
    def opened(file, mode="r", *arguments, **options):
        if "r" not in mode:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(file))
        return true_open(file, mode, *arguments, **options)

    return opened


@writers
def test_ctrl_c_while_saving_leaves_what_was_there(write, name, tmp_path, monkeypatch):
    path = tmp_path / name
    write(path)
    before = path.read_bytes()

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path)

    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@writers
def test_the_saved_file_can_be_read(write, name, tmp_path):
    write(tmp_path / name)

    assert (tmp_path / name).stat().st_size > 100


# --- Training ------------------------------------------------------------------------------------

RUNNERS = ["eager", "source", "batch"]


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_real_ctrl_c_in_fit_keeps_what_was_learned_and_the_net_usable(runner, tmp_path):
    X, Y = truth_table("xor")
    net = MLP(2, [4, 1], seed=0)
    start = net.state_dict()

    def interrupt(model, history):
        if len(history.loss) == 5:
            signal.raise_signal(signal.SIGINT)

    found = fit(net, X, Y, epochs=100, runner=runner, callbacks=[interrupt], progress=False)

    assert found.stopped == "interrupted"
    assert len(found.loss) == 5
    assert net.state_dict() != start
    save(net, tmp_path / "net.json")
    assert load(tmp_path / "net.json").state_dict() == net.state_dict()
    assert fit(net, X, Y, epochs=5, runner=runner, resume=found, progress=False).stopped == "all epochs"


@pytest.mark.parametrize("runner", RUNNERS)
def test_an_exception_of_a_callback_comes_through_with_the_net_as_learned(runner):
    X, Y = truth_table("xor")
    net, twin = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)

    def fail(model, history):
        if len(history.loss) == 3:
            raise ZeroDivisionError("of the callback")

    with pytest.raises(ZeroDivisionError, match="of the callback"):
        fit(net, X, Y, epochs=100, runner=runner, callbacks=[fail], progress=False)
    fit(twin, X, Y, epochs=3, runner=runner, progress=False)

    assert net.state_dict() == twin.state_dict()


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_in_the_data_that_is_not_finite_stops_before_the_net_changes(runner, bad):
    X, Y = truth_table("xor")
    X = [*X[:2], [bad, 1.0], *X[3:]]
    net = MLP(2, [4, 1], "relu", seed=0)
    start = net.state_dict()

    with pytest.raises((ValueError, nn.NonFiniteLossError), match=r"nan|inf"):
        fit(net, X, Y, epochs=3, runner=runner, progress=False)
    assert net.state_dict() == start
