"""How results look in a terminal: one kind of result is one file."""
