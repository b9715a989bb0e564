"""Who vouches for a version's files: signatures and provenance, checked against the manifest without reading a file.

`envelopes`, `statements` and `trusted` need the standard library alone. The others import `cryptography`: whoever wants
them imports them when they are needed.
"""
