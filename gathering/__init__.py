"""Makes the lists of names that pickles of the frameworks import: `python -m gathering`."""
