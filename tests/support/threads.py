"""Threads that come between each other as often as they can."""

import sys
from threading import Thread


def at_once(work, several, interval=1e-5):
    """{x: work(x)} for each of several, each in a thread of its own; Python changes threads after so many seconds."""
    found, before = {}, sys.getswitchinterval()
    sys.setswitchinterval(interval)
    try:
        threads = [Thread(target=lambda x=x: found.update({x: work(x)})) for x in several]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    return found
