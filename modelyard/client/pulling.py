"""A pull, whole: resolve, prove the manifest, see what is there already, fetch the rest."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from modelyard.client.api import Api
from modelyard.client.errors import BadAnswer, DestinationTaken, Hindered, Unusable
from modelyard.client.fetching import Fetching, partial_name
from modelyard.client.hashing import hash_range
from modelyard.client.inspection_calls import InspectionCalls
from modelyard.client.links import Links, Pages
from modelyard.client.parallel import Job, Stop, run_jobs
from modelyard.client.places import Destination, open_destination
from modelyard.client.progress import SILENT, Progress
from modelyard.client.references import read_reference
from modelyard.client.version_calls import VersionCalls
from modelyard.client.walking import PARTIAL
from modelyard.contract.responses import FilePageResponse, ResolvedResponse, VersionResponse
from modelyard.domain.digests import hex_of, part_count, part_range
from modelyard.domain.errors import RegistryError
from modelyard.domain.manifests import File, check_manifest, manifest_digest, parse_file


@dataclass(frozen=True, slots=True)
class Pulling:
    """How a pull goes: by how many connections, over files that differ or not, who is told how far it is.

    One that is `quarantined` is asked for as such.
    """

    connections: int
    force: bool = False
    progress: Progress = SILENT
    quarantined: bool = False


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did: the version, the folder it lies in now, and which of its files were fetched or there already."""

    version: VersionResponse
    folder: Path
    fetched: tuple[str, ...]
    kept: tuple[str, ...]


def pull(api: Api, reference: str, destination: str | os.PathLike[str], how: Pulling) -> Pulled:
    """As Registry.pull says."""
    resolved = _find_quarantined(api, reference) if how.quarantined else VersionCalls(api).resolve(reference)
    version = resolved.version
    listing = InspectionCalls(api).quarantined_files_page if how.quarantined else VersionCalls(api).files_page
    pages = partial(listing, version.name, version.version)
    links = Links(pages)
    files = _read_manifest(resolved, pages, links)
    folder = Path(destination)
    with open_destination(folder) as place:
        kept = _find_kept(place, files, how)
        wanted = [file for file in files if file.path not in kept]
        _check_room(place, wanted)
        fetching = Fetching(
            api.transport, api.backoff, links, place, connections=how.connections, progress=how.progress
        )
        fetching.fetch(wanted)
        place.tidy()
    return Pulled(version, folder, tuple(file.path for file in wanted), tuple(sorted(kept)))


def _find_quarantined(api: Api, reference: str) -> ResolvedResponse:
    """A version that nobody can resolve, by its number. VersionNotReady when it is not quarantined."""
    named = read_reference(reference)
    if named.number is None:
        raise Unusable("a quarantined version is asked for by its number, as in churn/3", field="reference")
    version = VersionCalls(api).get_version(named.name, named.number)
    files = InspectionCalls(api).quarantined_files_page(version.name, version.version)
    return ResolvedResponse(reference=reference, version=version, files=files)


def _read_manifest(resolved: ResolvedResponse, listing: Pages, links: Links) -> Sequence[File]:
    """The version's files, whose paths are safe to write and which together make the version's digest."""
    version = resolved.version
    try:
        files = check_manifest(
            parse_file(file.path, file.size, file.digest, file.parts)
            for cursor, page in _pages(resolved, listing)
            for file in _kept_links(links, cursor, page).items
        )
    except RegistryError as error:
        raise BadAnswer(f"the manifest of {version.name}/{version.version} is not sound: {error.detail}") from error
    if manifest_digest(files) != version.digest:
        raise BadAnswer(f"the files of {version.name}/{version.version} do not make its digest {version.digest}")
    if odd := [file.path for file in files if file.path.split("/")[0].casefold() == PARTIAL]:
        raise BadAnswer(f"{odd[0]!r} would lie where unfinished files are kept")
    return files


def _pages(resolved: ResolvedResponse, listing: Pages) -> Iterator[tuple[str | None, FilePageResponse]]:
    cursor, page = None, resolved.files
    yield cursor, page
    while page.next is not None:
        cursor = page.next
        page = listing(cursor)
        yield cursor, page


def _kept_links(links: Links, cursor: str | None, page: FilePageResponse) -> FilePageResponse:
    links.keep(cursor, page)
    return page


def _find_kept(place: Destination, files: Sequence[File], how: Pulling) -> set[str]:
    """Paths of files that lie there already as they should be; DestinationTaken names what is in the way."""
    kept: set[str] = set()
    taken: list[str] = []
    stop = Stop()

    def look(file: File) -> None:
        try:
            found = is_there(place, file, stop)
        except DestinationTaken:
            taken.append(file.path)
            return
        if found:
            kept.add(file.path)
        elif found is False and not how.force:
            taken.append(file.path)

    jobs: Iterator[Job] = (partial(look, file) for file in files)
    run_jobs(jobs, workers=how.connections, stop=stop)
    if taken:
        raise DestinationTaken(sorted(taken))
    return kept


def is_there(place: Destination, file: File, stop: Stop) -> bool | None:
    """Whether the very file lies at its path; None when nothing does."""
    descriptor = place.open_existing(file.path)
    if descriptor is None:
        return None
    try:
        if os.fstat(descriptor).st_size != file.size:
            return False
        expected = file.parts or (hex_of(file.digest),)
        ranges = (part_range(file.size, number) for number in range(1, part_count(file.size) + 1))
        return all(
            hash_range(descriptor, offset, length, stop=stop) == digest
            for (offset, length), digest in zip(ranges, expected, strict=True)
        )
    finally:
        os.close(descriptor)


def _check_room(place: Destination, wanted: Sequence[File]) -> None:
    due = sum(file.size for file in wanted)
    missing = due - sum(min(file.size, place.partial_bytes(partial_name(file))) for file in wanted)
    if missing > place.room():
        raise Hindered(f"the pull needs {missing} more bytes of disk, and {place.room()} are free")
