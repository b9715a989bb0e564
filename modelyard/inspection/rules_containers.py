"""Rules about archives and compressed files."""

from modelyard.domain.findings import Severity
from modelyard.inspection.rules import Rule

CONTAINERS = {
    "zip.headers-disagree": Rule(
        Severity.SUSPICIOUS,
        "the directory and the header beside the bytes say different things of a member: readers see different files",
        "write the archive again with an ordinary tool",
    ),
}
