"""Pickles, followed opcode by opcode without doing what they say."""
