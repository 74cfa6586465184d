"""What holds for all tests."""

import os
import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so started by nohup, or by & in a script
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers(config):
    """Up to four processes; the tests run in this one where what they print is to be seen (-s)."""
    return 0 if config.option.capture == "no" else min(os.cpu_count() or 1, 4)
