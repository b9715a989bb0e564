"""Rules about pickles."""

from modelyard.domain.findings import Severity
from modelyard.inspection.rules import Rule

PICKLES = {
    "pickle.dangerous-import": Rule(
        Severity.MALICIOUS,
        "a pickle names something that runs commands, code or files when it is loaded",
        "find out who made the file; export the model again from a source that you trust, best as safetensors or ONNX",
    ),
    "pickle.dotted-import": Rule(
        Severity.MALICIOUS,
        "a pickle imports a name with dots in it, which reaches through a module for what lies behind it: "
        "`joblib.disk` with `os.system` is `os.system`",
        "find out who made the file; a class within a class must be moved to its module to be pickled cleanly",
    ),
    "pickle.unknown-import": Rule(
        Severity.SUSPICIOUS,
        "a pickle imports something that is in none of the lists of what the frameworks' own pickles import; "
        "loading it may run any code of that package",
        "look at what it is; ship the model without own classes, in a format without code, or have a reviewer"
        " release it",
    ),
    "pickle.unknown-call": Rule(
        Severity.SUSPICIOUS,
        "a pickle calls something known in a way in which the frameworks' own pickles do not call it",
        "save the model again with its framework's own function",
    ),
    "pickle.computed-import": Rule(
        Severity.SUSPICIOUS,
        "the name of an import is computed while the pickle is loaded, so that nobody can tell beforehand what it is",
        "save the model again with its framework's own function",
    ),
    "pickle.computed-call": Rule(
        Severity.SUSPICIOUS,
        "a pickle calls what an earlier call gave, so that nobody can tell beforehand what runs",
        "save the model again with its framework's own function",
    ),
    "pickle.patches-import": Rule(
        Severity.SUSPICIOUS,
        "a pickle changes a module, a class or a function, for everything that uses it afterwards",
        "find out who made the file: no framework writes such pickles",
    ),
    "pickle.special-attribute": Rule(
        Severity.SUSPICIOUS,
        "a pickle puts something that can be called, or under a computed name, where loading looks for a "
        "method, so that it is called",
        "find out who made the file: no framework writes such pickles",
    ),
    "pickle.runs-state": Rule(
        Severity.MALICIOUS,
        "a pickle gives an object of a known class a state that the class runs as code when it is loaded",
        "find out who made the file: this is no accident",
    ),
    "pickle.two-formats": Rule(
        Severity.SUSPICIOUS,
        "the bytes are a file of another format and a pickle: what they are depends on who reads them",
        "write the file again with its framework's own function",
    ),
    "pickle.odd-target": Rule(
        Severity.SUSPICIOUS,
        "a pickle gives a state or items to a value that takes none; methods are looked up and called then",
        "save the model again with its framework's own function",
    ),
    "pickle.extension-code": Rule(
        Severity.SUSPICIOUS,
        "a pickle imports by a number that only the process that loads it can resolve",
        "save the model again without copyreg extensions",
    ),
    "pickle.persistent-id": Rule(
        Severity.SUSPICIOUS,
        "a pickle wants something that lies beside it, and is in no container that has such things, or wants "
        "it in an unknown way",
        "save the model again with its framework's own function",
    ),
    "pickle.out-of-band": Rule(
        Severity.SUSPICIOUS,
        "a pickle wants buffers that were to be kept beside it",
        "save the model again with its buffers in the pickle",
    ),
    "pickle.malformed": Rule(
        Severity.SUSPICIOUS,
        "the bytes are not a whole pickle: what comes before the place runs all the same when it is loaded",
        "write the file again; a pickle that was cut off cannot be judged",
    ),
    "pickle.none": Rule(
        Severity.INFO,
        "the file has the name of a pickle and is none: every reader refuses its first byte, before anything runs",
        "give the file the name of what it is, or write it again",
    ),
    "pickle.trailing-bytes": Rule(
        Severity.SUSPICIOUS,
        "bytes that are no pickle follow the pickle: the file may be something else to another reader",
        "write the file again with nothing behind the pickle",
    ),
    "pickle.stacked": Rule(
        Severity.INFO,
        "several pickles follow one another in one file; all of them were followed",
        "nothing, if the program that loads the file expects that",
    ),
    "pickle.array-unknown": Rule(
        Severity.SUSPICIOUS,
        "the type or the shape of an array that joblib keeps within the pickle cannot be told, so that what "
        "follows cannot be followed",
        "save the model again with a current joblib",
    ),
    "pickle.two-readings": Rule(
        Severity.MALICIOUS,
        "an array's bytes within a joblib file are a dangerous pickle to a reader that does not know joblib",
        "find out who made the file: this is no accident",
    ),
}
