"""Signs of how well what was learnt holds for other rows: over- and underfitting, size of the data, labels, segments."""
