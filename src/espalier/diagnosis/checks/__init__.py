"""One sign = one file, in a folder for each kind of evidence: data, wiring, course."""
