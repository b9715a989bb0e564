"""Pickles that would run something harmless if they were loaded, which they never are: the trick is the sample."""

import pickle
import struct

COMMAND = "true"


def short(text):
    """A string as SHORT_BINUNICODE."""
    data = text.encode()
    return b"\x8c" + bytes([len(data)]) + data


def stack_global(module, name, *args, protocol=4):
    """PROTO, STACK_GLOBAL, the arguments, REDUCE."""
    return b"\x80" + bytes([protocol]) + calling(module, name, *args) + b"."


def calling(module, name, *args):
    """The opcodes of a call."""
    return short(module) + short(name) + b"\x93" + b"(" + b"".join(map(argument, args)) + b"tR"


def argument(value):
    """An argument: opcodes as they are, numbers, strings."""
    if isinstance(value, bytes):
        return value
    return b"K" + bytes([value]) if isinstance(value, int) else short(value)


def global_lines(module, name, arg=COMMAND):
    """Protocol 0: GLOBAL, the argument, REDUCE."""
    return f"c{module}\n{name}\n(S'{arg}'\ntR.".encode()


NAMES = {
    "os.system": ("os", "system", COMMAND),
    "posix.system": ("posix", "system", COMMAND),
    "nt.system": ("nt", "system", COMMAND),
    "os.popen": ("os", "popen", COMMAND),
    "os.execl": ("os", "execl", "/bin/true", "true"),
    "subprocess.Popen": ("subprocess", "Popen", COMMAND),
    "subprocess.check_output": ("subprocess", "check_output", COMMAND),
    "commands.getoutput": ("commands", "getoutput", COMMAND),
    "pty.spawn": ("pty", "spawn", COMMAND),
    "eval": ("builtins", "eval", "1"),
    "exec": ("builtins", "exec", "pass"),
    "exec of Python 2": ("__builtin__", "eval", "1"),
    "compile": ("builtins", "compile", "1", "x", "eval"),
    "open": ("builtins", "open", "/dev/null"),
    "import": ("builtins", "__import__", "this"),
    "getattr": ("builtins", "getattr", "x", "upper"),
    "importlib": ("importlib", "import_module", "this"),
    "runpy": ("runpy", "run_path", "/dev/null"),
    "runpy inner": ("runpy", "_run_code", "pass"),
    "code": ("code", "interact"),
    "timeit": ("timeit", "timeit", "pass"),
    "trace": ("trace", "Trace"),
    "profile": ("profile", "run", "pass"),
    "cProfile": ("cProfile", "run", "pass"),
    "pdb": ("pdb", "run", "pass"),
    "bdb": ("bdb", "Bdb"),
    "doctest": ("doctest", "debug_script", "pass"),
    "pydoc": ("pydoc", "pipepager", "x", COMMAND),
    "idlelib": ("idlelib.autocomplete", "AutoComplete"),
    "lib2to3": ("lib2to3.pgen2.grammar", "Grammar"),
    "distutils": ("distutils.file_util", "write_file", "/dev/null", "x"),
    "ensurepip": ("ensurepip", "_run_pip", "x"),
    "pip main": ("pip", "main", "x"),
    "pip internal": ("pip._internal", "main", "x"),
    "webbrowser": ("webbrowser", "open", "http://localhost"),
    "ctypes": ("ctypes", "CDLL", "x"),
    "cffi": ("cffi", "FFI"),
    "socket": ("socket", "create_connection", "x"),
    "http": ("http.client", "HTTPSConnection", "localhost"),
    "urllib": ("urllib.request", "urlopen", "http://localhost"),
    "requests": ("requests.api", "get", "http://localhost"),
    "aiohttp": ("aiohttp.client", "ClientSession"),
    "ftplib": ("ftplib", "FTP", "localhost"),
    "smtplib": ("smtplib", "SMTP", "localhost"),
    "ssl": ("ssl", "get_server_certificate", "localhost"),
    "shutil": ("shutil", "rmtree", "nowhere"),
    "tempfile": ("tempfile", "mktemp"),
    "linecache": ("linecache", "getline", "/dev/null"),
    "logging file": ("logging", "FileHandler", "/dev/null"),
    "logging config": ("logging.config", "listen"),
    "io": ("io", "open", "/dev/null"),
    "pickle.loads": ("pickle", "loads", b"C\x02N."),
    "_pickle.loads": ("_pickle", "loads", b"C\x02N."),
    "dill": ("dill", "loads", b"C\x02N."),
    "marshal": ("marshal", "loads", b"C\x01N"),
    "shelve": ("shelve", "open", "x"),
    "joblib.load": ("joblib", "load", "x"),
    "joblib.load inner": ("joblib.numpy_pickle", "load", "x"),
    "joblib.dump": ("joblib", "dump", "x", "y"),
    "numpy.load": ("numpy", "load", "x"),
    "numpy.savetxt": ("numpy", "savetxt", "x", "y"),
    "numpy.fromfile": ("numpy", "fromfile", "x"),
    "numpy.memmap": ("numpy", "memmap", "x"),
    "numpy runstring": ("numpy.testing._private.utils", "runstring", "pass", "x"),
    "numpy f2py": ("numpy.f2py", "compile", "x"),
    "numpy exec_command": ("numpy.distutils.exec_command", "exec_command", COMMAND),
    "torch.load": ("torch", "load", "x"),
    "torch.hub": ("torch.hub", "load", "x"),
    "torch cpp": ("torch.utils.cpp_extension", "load", "x"),
    "torch config": ("torch.utils._config_module", "ConfigModule.load_config", "x"),
    "torch collect_env": ("torch.utils.collect_env", "run", COMMAND),
    "torch dynamo": ("torch._dynamo.guards", "GuardBuilder.get", "x"),
    "torch fx": ("torch.fx.graph_module", "_exec_with_source", "pass"),
    "torch jit": ("torch.jit.unsupported_tensor_ops", "execWrapper", "pass"),
    "pandas.eval": ("pandas", "eval", "1"),
    "pandas.read_pickle": ("pandas", "read_pickle", "x"),
    "pandas io": ("pandas.io.common", "get_handle", "x"),
    "sklearn datasets": ("sklearn.datasets", "load_files", "x"),
    "scipy io": ("scipy.io", "loadmat", "x"),
    "keras": ("keras.models", "load_model", "x"),
    "tensorflow": ("tensorflow.io", "write_file", "x"),
    "transformers": ("transformers.dynamic_module_utils", "get_class_from_dynamic_module", "x"),
    "attrgetter": ("operator", "attrgetter", "__class__"),
    "methodcaller": ("operator", "methodcaller", "upper"),
    "_operator": ("_operator", "methodcaller", "upper"),
    "partial": ("functools", "partial", "x"),
    "reduce": ("functools", "reduce", "x"),
    "starmap": ("itertools", "starmap", "x"),
    "types.CodeType": ("types", "CodeType", 1),
    "types.FunctionType": ("types", "FunctionType", 1),
    "cloudpickle": ("cloudpickle.cloudpickle", "_make_function", 1),
    "cloudpickle import": ("cloudpickle.cloudpickle", "subimport", "this"),
    "sys.modules": ("sys", "modules"),
    "gc": ("gc", "get_objects"),
    "atexit": ("atexit", "register", "x"),
    "threading": ("threading", "Timer", 1),
    "multiprocessing": ("multiprocessing", "Process"),
    "asyncio": ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
    "sqlite3": ("sqlite3", "connect", "x"),
    "venv": ("venv", "create", "x"),
    "zipimport": ("zipimport", "zipimporter", "x"),
    "pkgutil": ("pkgutil", "resolve_name", "this"),
    "pathlib": ("pathlib", "Path.unlink", "x"),
    "dotted through joblib": ("joblib.disk", "os.system", COMMAND),
    "dotted through sklearn": ("sklearn.utils", "os.system", COMMAND),
    "dotted through numpy": ("numpy", "core.multiarray.scalar", COMMAND),
    "dotted through a class": ("sklearn.svm", "SVC.__init__.__globals__", COMMAND),
    "builtins of a module": ("collections", "__builtins__", COMMAND),
    "loader of a module": ("json", "__loader__", COMMAND),
    "own class": ("__main__", "Model"),
    "own package": ("our_models.layers", "Net"),
    "sneaky prefix": ("sklearnx.svm", "SVC"),
    "unknown in sklearn": ("sklearn.svm", "Backdoor"),
    "empty module": ("", "system"),
    "non-ASCII look-alike": ("sklearn.svm._classes", "SV\u0421"),
    "getattr of what is special": ("builtins", "getattr", "x", "__class__"),
    "help": ("builtins", "help", "x"),
    "breakpoint": ("builtins", "breakpoint"),
    "input": ("builtins", "input"),
    "delattr": ("builtins", "delattr", "x", "y"),
    "setattr": ("builtins", "setattr", "x", "y", "z"),
    "class of three": ("builtins", "type", "X", b")", b"}"),
    "called estimator": ("sklearn.svm._classes", "SVC", "x"),
    "called ufunc by name": ("numpy._core", "_ufunc_reconstruct", "os", "system"),
    "old ufunc by name": ("numpy.core", "_ufunc_reconstruct", "subprocess", "run"),
    "codec by name": ("_codecs", "encode", "x", "rot13"),
    "reconstructor with a base": (
        "copyreg",
        "_reconstructor",
        b"csklearn.svm._classes\nSVC\n",
        b"cnumpy\nmemmap\n",
        b"N",
    ),
    "constructor called": ("numpy.random._pickle", "__randomstate_ctor", COMMAND, b"cos\nsystem\n"),
    "rebuild calls": ("torch._tensor", "_rebuild_from_type_v2", b"cos\nsystem\n", b"N", b")", b"}"),
    "factory": ("collections", "defaultdict", b"cbuiltins\ninput\n"),
    "known function called": ("numpy", "linspace", 1, 2),
    "memory": ("builtins", "bytearray", b"J\xff\xff\xff\x7f"),
}
"""Imports and calls, by what is special about them: module, name, arguments."""

SYSTEM = stack_global("os", "system", COMMAND)


def _instance(module, name):
    return short(module) + short(name) + b"\x93)\x81"


KNOWN = _instance("sklearn.svm._classes", "SVC")

TRICKS = {
    "protocol 0": global_lines("os", "system"),
    "protocol 0 after junk": b"I1\n0" + global_lines("os", "system"),
    "protocol 0 with a long line": b"S'" + b"a" * 5000 + b"'\n0" + global_lines("os", "system"),
    "INST": b"(S'true'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'true'\no.",
    "NEWOBJ": b"\x80\x04" + short("subprocess") + short("Popen") + b"\x93)\x81.",
    "NEWOBJ_EX": b"\x80\x04" + short("subprocess") + short("Popen") + b"\x93)}\x92.",
    "GLOBAL in protocol 4": b"\x80\x04cos\nsystem\n\x8c\x04true\x85R.",
    "framed": b"\x80\x04\x95" + struct.pack("<Q", len(SYSTEM) - 2) + SYSTEM[2:],
    "memoized": b"\x80\x04"
    + short("os")
    + b"\x940"
    + short("system")
    + b"\x940h\x00h\x01\x93"
    + short("true")
    + b"\x85R.",
    "memo by PUT": b"Vos\np7\n0Vsystem\np8\n0g7\ng8\n\x93(S'true'\ntR.",
    "BINUNICODE8": b"\x80\x04\x8d"
    + struct.pack("<Q", 2)
    + b"os"
    + short("system")
    + b"\x93"
    + short("true")
    + b"\x85R.",
    "names as bytes strings": b"\x80\x04U\x02osU\x06system\x93U\x04true\x85R.",
    "escaped names": b"\x80\x04V\\u006fs\nVsystem\n\x93(S'true'\ntR.",
    "DUP": b"\x80\x04" + short("os") + short("system") + b"\x93" + short("true") + b"\x8520" + b"R.",
    "computed name": b"\x80\x04" + short("os") + calling("_codecs", "encode", "system", "latin1") + b"\x93" + b")R.",
    "computed call": b"\x80\x04" + calling("collections", "OrderedDict") + b")R.",
    "call in a dictionary": b"\x80\x04}" + short("a") + SYSTEM[2:-1] + b"s.",
    "popped call": b"\x80\x04" + SYSTEM[2:-1] + b"0N.",
    "never stopped": SYSTEM[:-1],
    "broken after the call": SYSTEM[:-1] + b"\xff\xff",
    "junk behind": pickle.dumps({"a": 1}) + b"junk",
    "second pickle": pickle.dumps({"a": 1}) + SYSTEM,
    "third pickle": pickle.dumps(1) * 2 + SYSTEM,
    "second pickle of protocol 0": pickle.dumps({"a": 1}, 0) + global_lines("os", "system"),
    "call before protocol": global_lines("os", "system")[:-1] + b"0\x80\x04N.",
    "protocol 9": b"\x80\x09N.",
    "extension": b"\x80\x02\x82\x05)R.",
    "extension of 4 bytes": b"\x80\x02\x84\x05\x00\x00\x00)R.",
    "persistent id": b"\x80\x02" + short("x") + b"Q.",
    "persistent line": b"Px\n.",
    "out of band": b"\x80\x05\x97.",
    "patched class": b"\x80\x04csklearn.svm._classes\nSVC\n}" + short("predict") + b"cnumpy\nsum\ns" + b"b.",
    "patched with slots": b"\x80\x04csklearn.svm._classes\nSVC\nN}" + short("fit") + b"cnumpy\nsum\ns\x86b.",
    "called by BUILD": b"\x80\x04"
    + KNOWN
    + b"}"
    + short("__setstate__")
    + b"cnumpy\nsum\ns"
    + b"b"
    + short("x")
    + b"b.",
    "called by APPENDS": b"\x80\x04" + KNOWN + b"}" + short("extend") + b"cnumpy\nsum\ns" + b"b(K\x01e.",
    "computed key": b"\x80\x04"
    + KNOWN
    + b"}"
    + calling("numpy._core.multiarray", "scalar", b"N", "x")
    + b"cnumpy\nsum\ns"
    + b"b.",
    "items of a class": b"\x80\x04csklearn.svm._classes\nSVC\n" + short("a") + b"K\x01s.",
    "frame in a frame": b"\x80\x04\x95" + struct.pack("<Q", 12) + b"\x95" + struct.pack("<Q", 1) + b"N.",
    "frame too long": b"\x80\x04\x95" + struct.pack("<Q", 10**9) + b"N.",
    "nothing on the stack": b"\x80\x04.",
    "nothing remembered": b"\x80\x04h\x05.",
    "mark is missing": b"\x80\x04t.",
    "half a dictionary": b"\x80\x04}(K\x01u.",
    "pickle in bytes": pickle.dumps({"a": SYSTEM}),
    "pickle in long bytes": pickle.dumps({"a": b"\x80\x04" + short("x" * 200) * 5 + SYSTEM[2:]}),
    "pickle in a string": pickle.dumps({"a": global_lines("os", "system").decode()}),
    "pickle in pickle in pickle": pickle.dumps([pickle.dumps([pickle.dumps([SYSTEM])])]),
    "pickle passed to loads": stack_global("pickle", "loads", b"B" + struct.pack("<I", len(SYSTEM)) + SYSTEM),
    "deep": b"\x80\x04" + b"(" * 20000 + SYSTEM[2:-1] + b"t" * 20000 + b".",
    "far into the file": b"\x80\x04" + b"N0" * 100000 + SYSTEM[2:],
    "far memo": b"\x80\x04"
    + short("os")
    + b"r\xff\xff\xff\x7f0"
    + b"j\xff\xff\xff\x7f"
    + short("system")
    + b"\x93"
    + b")R.",
}
"""Pickles with a trick in how they are written."""
