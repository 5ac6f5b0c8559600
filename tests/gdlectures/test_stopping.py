"""A signal whose exception Python drops is not lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from gdlectures.faults.errors import Stopped
from gdlectures.faults.stopping import check_stopped, heed_signals


@pytest.fixture(autouse=True)
def handlers():
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    heed_signals()
    yield
    heed_signals()
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_raised_at_once(number):
    with pytest.raises(Stopped) as raised:
        os.kill(os.getpid(), number)
    assert raised.value.signal_number == number


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_a_finaliser_swallows_is_raised_at_the_next_safe_point():
    class Finalised:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGTERM)

    check_stopped()
    made = Finalised()
    del made  # Python prints what a finaliser raises, and drops it
    with pytest.raises(Stopped) as raised:
        check_stopped()
    assert raised.value.signal_number == signal.SIGTERM


def test_a_second_signal_does_not_cut_cleaning_short():
    cleaned = []

    def work():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            cleaned.append(True)

    with pytest.raises(Stopped) as raised:
        work()
    assert cleaned
    assert raised.value.signal_number == signal.SIGTERM


INTERRUPTED = """
import os, signal, sys

class Interrupts:
    def find_spec(name, path=None, target=None):
        if name == "gdlectures.command.cli":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts)
from gdlectures.__main__ import main
main()
"""


def test_ctrl_c_before_the_command_listens_ends_it_without_a_word():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
