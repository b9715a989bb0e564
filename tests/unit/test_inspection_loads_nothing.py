"""Nothing is imported, run or written while a file is inspected; and nothing that is mutated breaks it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = os.environ.get("MODELYARD_FUZZ_SECONDS", "40")
"""How long samples are mutated; more by hand: MODELYARD_FUZZ_SECONDS=600."""


def run(*arguments):
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_no_sample_is_imported_run_or_written_anywhere():
    done = run("tests.corpora.audited")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["samples"] > 300
    assert told["seen"] == []


def test_the_watch_sees_what_loading_does():
    watched = "from tests.corpora.audited import _is_forbidden as f; import sys, os; seen = []\n"
    watched += "sys.addaudithook(lambda event, arguments: f(event, arguments) and seen.append(event))\n"
    watched += "exec('1'); import this; open(os.devnull, 'w').close(); os.system('true'); import pickle\n"
    watched += (
        "pickle.loads(b'cthis\\nc\\n.'); sys.exit(0 if {'exec', 'import', 'open', 'os.system'} <= set(seen) else 1)\n"
    )
    done = subprocess.run([sys.executable, "-c", watched], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_mutation_of_a_sample_crashes_hangs_or_fills_the_memory():
    done = run("tests.corpora.fuzzing", SECONDS)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
