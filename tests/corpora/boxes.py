"""Containers around bytes, as ordinary tools write them and as nobody should."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    """A zip file of names and bytes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, compression)
    return data.getvalue()


def tarred(members, mode="w", form=tarfile.PAX_FORMAT):
    """A tar file of names and bytes, or of ready headers."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode, format=form) as archive:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def link(name, target, kind=tarfile.SYMTYPE):
    """The header of a link."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


STREAMS = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
}

COMPRESSIONS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


def npy(descr, shape, content):
    """A file of numpy's."""
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + content


def torch_zip(pickled, storages=(), root="archive"):
    """What torch.save writes."""
    members = [(f"{root}/data.pkl", pickled), (f"{root}/byteorder", b"little")]
    members += [(f"{root}/data/{key}", content) for key, content in storages]
    return zipped([*members, (f"{root}/version", b"3\n")], zipfile.ZIP_STORED)


TORCH_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


def module(source="class ReLU: ..."):
    """The pickle of a module as torch.save wrote it before 1.6: its class comes with its source, as a persistent id."""
    parts = b"".join(b"X" + struct.pack("<I", len(each)) + each.encode() for each in ("activation.py", source))
    return (
        b"\x80\x02(X\x06\x00\x00\x00modulectorch.nn.modules.activation\nReLU\n"
        + parts
        + b"tQ)\x81}X\x07\x00\x00\x00inplace\x89sb."
    )


def torch_legacy(pickled, keys, content):
    """What torch.save wrote before 1.6."""
    system = b"\x80\x02}q\x00(X\x10\x00\x00\x00protocol_versionq\x01M\xe9\x03u."
    return TORCH_MAGIC + b"\x80\x02M\xe9\x03." + system + pickled + keys + content


def tensors(names, elements=4, storage="FloatStorage"):
    """The pickle of a state dictionary, by hand: protocol 2, as torch.save writes it."""
    body = b"\x80\x02ccollections\nOrderedDict\n)R("
    for key, name in enumerate(names):
        text = name.encode()
        body += b"X" + struct.pack("<I", len(text)) + text
        body += b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\n" + storage.encode() + b"\n"
        number = str(key).encode()
        body += b"X" + struct.pack("<I", len(number)) + number + b"X\x03\x00\x00\x00cpuK" + bytes([elements]) + b"tQ"
        body += b"K\x00K" + bytes([elements]) + b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    return body + b"u."
