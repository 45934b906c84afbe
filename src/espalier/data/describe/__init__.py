"""What each column is and what it is for: kinds, roles, missing-value spellings, the question, each with its reason."""
