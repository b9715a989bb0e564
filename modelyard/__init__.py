"""Modelyard: a model registry with no server to run."""

__version__ = "0.1.0"
