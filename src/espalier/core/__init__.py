"""The words that every part shares: records, schema, plan, batch, finding, run folder, errors."""
