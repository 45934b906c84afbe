"""What a command answers to the shell. The numbers are fixed: scripts rely on them."""

FINE = 0  # done, and nothing is wrong
FINDINGS = 1  # done, with findings that matter; or a check failed; or training could not go on
BAD_INPUT = 2  # what was given cannot be used; the message says what to change
DEFECT = 3  # an error of Espalier itself
INTERRUPTED = 130  # stopped with Ctrl-C (128 + SIGINT, as shells count it)
