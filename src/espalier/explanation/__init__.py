"""What a model looks at: one method = one file."""
