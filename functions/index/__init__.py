"""From the journal to the postings."""
