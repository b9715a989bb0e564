"""The bytes of imported versions: whether they are here, who uses them, what must still hold when that is written.

A version that can be restored needs its bytes as one does that is ready, but it may come without them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.catalogue.arrivals import MOST_GUARDED, Stretch, usable
from modelyard.catalogue.blob_items import find_proven, read_proof, save_uses
from modelyard.catalogue.keys import blob_key
from modelyard.catalogue.manifest_items import load_page
from modelyard.domain.digests import Digest
from modelyard.domain.errors import Contended, Invalid, UploadIncomplete
from modelyard.domain.manifests import File
from modelyard.domain.version import Version
from modelyard.ports import MAX_BATCH, Check, Clock, Ids, Table

MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Bytes:
    """The bytes of the versions that a stretch makes usable, or such as can be so again."""

    table: Table
    clock: Clock
    ids: Ids
    stretch: Stretch

    def find_held(self, withheld: frozenset[int]) -> list[int]:
        """The versions to hold back: those of which bytes are missing, and are said to be.

        UploadIncomplete names what is missing of any other; Invalid when one comes without its files.
        """
        versions = [self.stretch.after.versions[n] for n in self.stretch.touched if n in self.stretch.after.versions]
        return [version.number for version in versions if self._is_held(version, withheld)]

    def _is_held(self, version: Version, withheld: frozenset[int]) -> bool:
        if version.pages == 0:
            if version.number not in withheld and version.number not in self.stretch.stored.versions:
                field = f"manifests.{version.number}"
                raise Invalid(f"version {version.number} comes without its files", field=field)
            return True
        missing = self._missing(version)
        if missing and version.number not in withheld:
            detail = f"{len(missing)} blobs of {version.reference} are not here yet"
            raise UploadIncomplete(detail, version=version.number, missing=missing[:MOST_NAMED], count=len(missing))
        return bool(missing) and usable(version)

    def _missing(self, version: Version) -> list[Digest]:
        """The blobs of a version that comes to rest on its bytes which are not proven, or are of another size."""
        if not self._comes_to_rest(version):
            return []
        files = self._files(version)
        proven = find_proven(self.table, (file.digest for file in files))
        return sorted({file.digest for file in files if proven.get(file.digest) != file.size})

    def _comes_to_rest(self, version: Version) -> bool:
        before = self.stretch.stored.versions.get(version.number)
        return version.has_bytes and (before is None or not self.stretch.stored.shows(before))

    def _files(self, version: Version) -> Sequence[File]:
        if manifest := self.stretch.registered().get(version.number):
            return manifest.files
        pages = range(version.pages)
        return [file for page in pages for file in load_page(self.table, version.home, version.number, page)]

    def note_uses(self, held: Sequence[int]) -> int:
        """Record which blobs the versions use that come to rest on them; how many that were."""
        count = 0
        for version in self._arriving(held):
            digests = list(dict.fromkeys(file.digest for file in self._files(version)))
            save_uses(self.table, version.home, version.number, digests, clock=self.clock, ids=self.ids)
            count += len(digests)
        return count

    def guards(self, held: Sequence[int]) -> list[Check]:
        """Let the transaction fail if a proof that a version rests on is gone by then; Contended if one is already."""
        blobs = [[file.digest for file in self._files(version)] for version in self._arriving(held)]
        every = list(dict.fromkeys(digest for digests in blobs for digest in digests))
        first = {digest for digests in blobs for digest in list(dict.fromkeys(digests))[:MOST_GUARDED]}
        checks: list[Check] = []
        for start in range(0, len(every), MAX_BATCH):
            some = every[start : start + MAX_BATCH]
            for digest, proof in zip(some, self.table.get([blob_key(each) for each in some]), strict=True):
                if proof is None or read_proof(proof) is None:
                    raise Contended("a blob was taken out of use meanwhile", retry_after=1)
                if digest in first:
                    checks.append(Check(proof.key, proof.rev))
        return checks

    def _arriving(self, held: Sequence[int]) -> list[Version]:
        versions = [version for version in self.stretch.after.versions.values() if version.number not in held]
        resting = [version for version in versions if version.pages and self._comes_to_rest(version)]
        return [version for version in resting if usable(version) or not self._missing(version)]
