"""Small files that are kept with a version beside its own: whether their bytes are here, and how they come and go."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from modelyard.catalogue.blob_items import find_proven, read_proof, save_proofs, use_writes, use_writes_ahead
from modelyard.catalogue.inspection_items import find_suspects
from modelyard.catalogue.uploads import find_stats, stat_of
from modelyard.domain.digests import Digest
from modelyard.domain.manifests import File
from modelyard.ports import Blobs, Clock, Ids, Item, SignedRequest, Table, Write


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is kept: with a signed GET when its bytes are proven, else with the PUT by which they are sent.

    With neither when it is `withheld`: the bytes are there, and an inspection of them was not clean.
    """

    file: File
    download: SignedRequest | None
    upload: SignedRequest | None
    withheld: bool


def use_attached(home: str, number: int, found: Mapping[Digest, Item | None]) -> list[Write]:
    """The writes by which a version uses attached blobs, whether or not their bytes are there yet.

    They are refused unless each proof, or its absence, is still as it was `found`.
    """
    writes: list[Write] = []
    for digest, item in found.items():
        proof = read_proof(item)
        writes += use_writes(home, number, digest, proof) if proof else use_writes_ahead(home, number, digest, item)
    return writes


def sign_missing_attached(table: Table, blobs: Blobs, files: Iterable[File]) -> list[tuple[File, SignedRequest]]:
    """The files that are to be sent, by the table's proofs alone, each blob once."""
    known = {file.digest: file for file in files}
    proven = find_proven(table, known)
    return [(file, blobs.sign_put(file)) for digest, file in known.items() if digest not in proven]


def link_attached(table: Table, blobs: Blobs, clock: Clock, ids: Ids, files: Sequence[File]) -> list[Attachment]:
    """The files with the requests that fetch or send them. What storage holds by now is proven on the way.

    Bytes that are, under whatever name, files of versions as well are withheld while they are not clean: who may
    attach must not give out what is in quarantine.
    """
    proven = find_proven(table, [file.digest for file in files])
    unproven = [digest for digest in {file.digest: None for file in files} if digest not in proven]
    stats = find_stats(blobs, unproven)
    saved = save_proofs(table, stats, look=partial(stat_of, blobs), clock=clock, ids=ids)
    proven |= {stat.digest: stat.size for stat in stats if stat.digest in saved}
    suspects = find_suspects(table, proven)
    return [_link(blobs, file, proven, suspects) for file in files]


def _link(blobs: Blobs, file: File, proven: Mapping[Digest, int], suspects: Collection[Digest]) -> Attachment:
    if proven.get(file.digest) != file.size:
        return Attachment(file, None, blobs.sign_put(file), withheld=False)
    if file.digest in suspects:
        return Attachment(file, None, None, withheld=True)
    filename = file.path.rpartition("/")[2]
    return Attachment(file, blobs.sign_get(file.digest, filename=filename), None, withheld=False)
