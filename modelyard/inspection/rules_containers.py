"""Rules about archives, compressed files and numpy's and PyTorch's own containers."""

from modelyard.domain.findings import Severity
from modelyard.inspection.rules import Rule

CONTAINERS = {
    "zip.malformed": Rule(
        Severity.SUSPICIOUS,
        "the bytes are no whole zip file: readers differ in what they make of it",
        "write the archive again with an ordinary tool",
    ),
    "zip.headers-disagree": Rule(
        Severity.SUSPICIOUS,
        "the directory and the header beside the bytes say different things of a member: readers see different files",
        "write the archive again with an ordinary tool",
    ),
    "zip.bytes-before": Rule(
        Severity.SUSPICIOUS,
        "bytes come before the archive: the file is something else to whoever reads it from its beginning",
        "write the archive again with an ordinary tool",
    ),
    "zip.hidden-bytes": Rule(
        Severity.SUSPICIOUS,
        "bytes within the archive belong to no member: some readers find members there that others do not",
        "write the archive again with an ordinary tool",
    ),
    "zip.overlap": Rule(
        Severity.SUSPICIOUS,
        "members share bytes, as in bombs that grow without end when they are unpacked",
        "write the archive again with an ordinary tool",
    ),
    "zip.comment": Rule(
        Severity.SUSPICIOUS,
        "the archive's comment looks like another archive: readers may find that one instead",
        "write the archive again with an ordinary tool",
    ),
    "zip.checksum": Rule(
        Severity.SUSPICIOUS,
        "a member does not have the checksum that it is said to have: some readers refuse it, others load it",
        "write the archive again with an ordinary tool",
    ),
    "zip.odd-flags": Rule(
        Severity.SUSPICIOUS,
        "a member has flags that no ordinary tool sets: some readers refuse it, others load it",
        "write the archive again with an ordinary tool",
    ),
    "zip.odd-member": Rule(
        Severity.SUSPICIOUS,
        "a member is a folder and has bytes: readers differ in what they make of it",
        "write the archive again with an ordinary tool",
    ),
    "zip.encrypted": Rule(
        Severity.SUSPICIOUS,
        "a member is encrypted: nobody can look inside",
        "write the archive again without a password",
    ),
    "zip.method": Rule(
        Severity.SUSPICIOUS,
        "a member is compressed in a way that is not known here, so that it was not inspected",
        "write the archive again with the usual compression, deflate, or with none",
    ),
    "archive.duplicate-member": Rule(
        Severity.SUSPICIOUS,
        "two members have one name: some readers take the first one, others the last",
        "write the archive again with an ordinary tool",
    ),
    "archive.path-leads-away": Rule(
        Severity.SUSPICIOUS,
        "a member's name is absolute or goes up: unpacking it writes outside of the folder",
        "write the archive again with an ordinary tool, with names below one folder",
    ),
    "archive.link": Rule(
        Severity.SUSPICIOUS,
        "a member is a link: unpacking the next one may write where it leads",
        "write the archive again with the files themselves",
    ),
    "archive.trailing-bytes": Rule(
        Severity.SUSPICIOUS,
        "bytes follow the end of the archive: some programs read on",
        "write the archive again with an ordinary tool",
    ),
    "tar.malformed": Rule(
        Severity.SUSPICIOUS,
        "the bytes are no whole tar file: readers differ in what they make of it",
        "write the archive again with an ordinary tool",
    ),
    "tar.odd-member": Rule(
        Severity.SUSPICIOUS,
        "a member is a device, a pipe, a file with holes, or of an unknown kind",
        "write the archive again with plain files alone",
    ),
    "stream.malformed": Rule(
        Severity.SUSPICIOUS,
        "a compressed stream is broken or cut off: what it held cannot be judged",
        "compress the file again",
    ),
    "stream.trailing-bytes": Rule(
        Severity.SUSPICIOUS,
        "bytes follow the compressed stream: the file may be something else to another reader",
        "compress the file again",
    ),
    "container.not-opened": Rule(
        Severity.INFO,
        "the container has a format that is not opened here; the file counts as not fully inspected",
        "pack the files as zip or tar, or push them one by one",
    ),
    "npy.malformed": Rule(
        Severity.SUSPICIOUS,
        "the header does not describe the bytes, as numpy's format requires",
        "write the array again with numpy",
    ),
    "npy.objects": Rule(
        Severity.INFO,
        "the array holds objects, which are a pickle; it was followed, and is judged as one",
        "keep numbers and strings in arrays of their own types",
    ),
    "torch.malformed": Rule(
        Severity.SUSPICIOUS,
        "the tensors beside the pickles are not those that the pickles describe",
        "save the model again with torch.save",
    ),
    "torch.script": Rule(
        Severity.INFO,
        "the file holds code of the model (TorchScript), which PyTorch's own interpreter runs",
        "nothing, if models with code are wanted",
    ),
    "program.compiled": Rule(
        Severity.SUSPICIOUS,
        "a compiled program lies among the files: nobody can tell what it does",
        "ship the source, or have a reviewer release it",
    ),
    "program.python": Rule(
        Severity.INFO,
        "Python code lies among the files; it is not judged, and frameworks run it only when asked to trust it",
        "keep it out of models where a policy wants no code",
    ),
    "program.notebook": Rule(
        Severity.INFO,
        "a notebook lies among the files; its code is not judged",
        "keep it out of models where a policy wants no code",
    ),
    "program.script": Rule(
        Severity.INFO,
        "a script lies among the files; its code is not judged",
        "keep it out of models where a policy wants no code",
    ),
}
