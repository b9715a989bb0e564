"""Inspects every sample of the corpora in a process that notes what Python's audit events tell; prints it as JSON."""

import json
import pickle
import sys

from modelyard.inspection import looking
from tests.corpora import boxes
from tests.corpora.malicious import malicious

WRITING = frozenset("wax+")
QUIET = frozenset(
    {"object.__getattr__", "object.__setattr__", "sys._getframe", "marshal.loads", "os.listdir", "os.scandir"}
)


def main():
    """The events that no inspection may cause."""
    samples = [(name, data) for _, name, data in malicious()]
    samples += [("a.pkl", pickle.dumps({"a": 1})), ("a.pt", boxes.torch_zip(boxes.tensors(["a"]), [("0", bytes(16))]))]
    "".encode("raw-unicode-escape")  # Python imports its codecs when they are first used
    seen, watching = [], [True]

    def hook(event, arguments):
        if watching[0] and _is_forbidden(event, arguments):
            seen.append(f"{event} {arguments!r:.200}")

    sys.addaudithook(hook)
    for name, data in samples:
        looking.inspect(lambda offset, length, data=data: data[offset : offset + length], len(data), name=name)
    watching[0] = False
    print(json.dumps({"samples": len(samples), "seen": seen}))


def _is_forbidden(event, arguments):
    if event == "open":
        mode, flags = arguments[1], arguments[2]
        return not WRITING.isdisjoint(mode or "") or (isinstance(flags, int) and flags & 3 != 0)
    if event == "import":
        return True
    if event in {"exec", "compile"}:
        return event == "exec" or not str(arguments[1]).startswith("<unknown>")
    return event.partition(".")[0] in {
        "os",
        "subprocess",
        "socket",
        "shutil",
        "ctypes",
        "pickle",
        "tempfile",
        "urllib",
        "pty",
    } and (event not in QUIET)


if __name__ == "__main__":
    main()
