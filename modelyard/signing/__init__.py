"""Who vouches for a version's files: signatures and provenance, checked against the manifest without reading a file.

What is here needs the standard library alone, but for `keys`, `certificates`, `transparency`, `verifying` and `making`,
which import `cryptography`: whoever wants them imports them when they are needed.
"""
