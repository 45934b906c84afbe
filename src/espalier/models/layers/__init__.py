"""Blocks that more than one architecture is built of: one block, one file."""
