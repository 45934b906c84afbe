"""One kind of data = one file. Each turns a source into records and says plainly what it cannot read."""
