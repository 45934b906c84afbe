"""Signs in the data and its split, before any training."""
