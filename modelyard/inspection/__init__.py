"""Reads artifacts by range, says what they are and what is dangerous in them. Nothing is loaded, run or unpacked."""
