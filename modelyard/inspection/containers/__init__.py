"""Archives and compressed files, read in place: nothing is unpacked to disk."""
