"""Seeing to what waited too long."""
