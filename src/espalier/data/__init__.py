"""From what a person names to records, a schema, clean parts and prepared tensors, one function after the other."""
