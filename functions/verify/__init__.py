"""Proof of what was uploaded."""
