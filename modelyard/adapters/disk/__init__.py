"""Blobs on one machine: a folder, behind signed URLs of its own."""

from modelyard.adapters.disk.blobs import DiskBlobs

__all__ = ["DiskBlobs"]
