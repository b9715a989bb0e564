"""Sixteen writers on one model and on many: numbers without gaps, nothing lost, nothing twice."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock

from tests.faults.aws_yard import aws_yard
from tests.faults.invariants import check_all
from tests.faults.streams import JournalStream
from tests.faults.writers import THREADS, Done, Writer, check_done, prepare, real_time, together, write_together
from tests.faults.yard import embedded_yard, inserted

ROOT = Path(__file__).parents[2]
SIXTEEN = [f"writer-{number:02d}" for number in range(16)]


class OneByOne:
    """A table whose calls do not overlap, for an emulator that is not made for threads; what lies between them does."""

    def __init__(self, table):
        self._table, self._lock = table, Lock()

    def __getattr__(self, method):
        found = getattr(self._table, method)

        def call(*given, **named):
            with self._lock:
                return found(*given, **named)

        return call


def test_sixteen_threads_write_one_file_and_three_relays_place_every_entry_once(tmp_path):
    with embedded_yard(tmp_path) as yard:
        real_time(yard)
        prepare(yard)
        writers = [Writer(yard, name) for name in SIXTEEN]
        finished = Event()

        def write():
            together([writer.work for writer in writers])
            finished.set()

        def relay():
            stream = JournalStream(yard.ports.table)
            while not finished.is_set() or stream.waits():
                if places := stream.next():
                    yard.wake("relay", inserted(places))
                    stream.done(places)

        together([write, relay, relay, relay])
        check_done(yard, [writer.done for writer in writers])
        yard.pump()
        yard.bus.published.sort(key=lambda event: event["sequence"])  # three relays interleave
        check_all(yard)


def test_four_processes_of_four_threads_write_one_file(tmp_path):
    with embedded_yard(tmp_path) as yard:
        prepare(yard)
        command = [sys.executable, str(ROOT / "tests/faults/writers.py"), str(tmp_path)]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
        processes = [
            subprocess.Popen([*command, f"process-{n}"], env=environment, stdout=subprocess.PIPE, text=True)
            for n in range(4)
        ]
        printed = [process.communicate(timeout=300)[0] for process in processes]
        assert [process.returncode for process in processes] == [0] * 4
        done = [Done(**each) for text in printed for each in json.loads(text.splitlines()[-1])]
        assert len(done) == 4 * THREADS
        check_done(yard, done)
        yard.pump()
        check_all(yard)


def test_sixteen_threads_write_one_table_of_dynamodb():
    with aws_yard() as yard:
        real_time(yard)
        yard.ports = replace(yard.ports, table=OneByOne(yard.ports.table))
        prepare(yard)
        check_done(yard, write_together(yard, SIXTEEN, rounds=1))
