"""Ports joined to technologies, one technology a module."""
