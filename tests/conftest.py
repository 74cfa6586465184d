"""What holds for all tests."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so started by nohup, or by & in a script
    signal.signal(signal.SIGINT, signal.default_int_handler)
