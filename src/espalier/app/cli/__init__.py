"""The command line: one command is one file, with a function of the file's name; `main` finds them."""
