"""What signatures and provenance are worth."""
