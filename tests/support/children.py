"""Work done in a forked process, where limits and rights can be taken away for good; and work that ctrl-C cuts."""

import contextlib
import ctypes
import gc
import io
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import nn

NN = str(Path(nn.__file__).parent) + os.sep


def FORKS(test):
    """Marks a test that forks; from Python 3.12 on that warns where there are threads."""
    test = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")(test)
    return pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")(test)


def in_child(work, *arguments):
    """What ``work(*arguments)`` comes to in a forked process: value, error, output, messages.

    The error is None or has kind, number, file and text; the value has to be plain data.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        status = 1
        try:
            signal.alarm(60)  # whatever hangs here, the tests go on
            with open(writer, "w", encoding="utf-8") as pipe:
                json.dump(done(work, arguments), pipe)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        text = pipe.read()
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return json.loads(text, object_hook=lambda found: SimpleNamespace(**found) if "kind" in found else found)


def done(work, arguments):
    value, error = None, None
    output, messages = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(messages):
        try:
            value = work(*arguments)
        except BaseException as caught:
            error = {
                "kind": type(caught).__name__,
                "number": getattr(caught, "errno", None),
                "file": getattr(caught, "filename", None),
                "text": str(caught),
            }
    return {
        "kind": "done",
        "value": value,
        "error": error,
        "output": output.getvalue(),
        "messages": messages.getvalue(),
    }


def without_rights():
    """Give up root's right to write where no permission allows it; what is its own, it goes on reading."""
    if os.geteuid() == 0:
        version, capabilities = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        library = ctypes.CDLL(None, use_errno=True)
        if library.capset(version, capabilities):
            raise OSError(ctypes.get_errno(), "capset")


def without_room(size=10):
    """Let no file grow beyond so many bytes: the kernel refuses as it does on a full disk."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@contextlib.contextmanager
def ctrl_c_after(delay):
    """Sends this process a SIGINT after so many seconds, and more where it is not heard.

    It gives the list of process times at which they are sent.

    The garbage collector waits meanwhile: other tests may have left callbacks behind, in which Python drops errors.
    """
    heard, sent = threading.Event(), []

    def send():
        wait = delay
        while not heard.wait(wait):
            sent.append(time.process_time())
            os.kill(os.getpid(), signal.SIGINT)
            wait = 3.0

    sender = threading.Thread(target=send)
    gc.collect()
    gc.disable()
    sender.start()
    try:
        yield sent
    finally:
        heard.set()
        sender.join()
        gc.enable()


def interrupted(run, line):
    """How many lines of nn were run by ``run.fit()``, with a SIGINT at one of them."""
    count = 0

    def lines(frame, event, argument):
        nonlocal count
        count += event == "line"
        if count == line:
            signal.raise_signal(signal.SIGINT)
        return lines

    def calls(frame, event, argument):
        return lines if frame.f_code.co_filename.startswith(NN) else None

    before = sys.gettrace()
    sys.settrace(calls)
    try:
        run.fit()
    except KeyboardInterrupt:  # before the first epoch began, or when all was done
        pass
    finally:
        sys.settrace(before)
    return count
