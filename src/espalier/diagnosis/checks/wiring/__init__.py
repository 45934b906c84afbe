"""Signs in how a model, a loss, an optimizer and a batch are put together, before the first step."""
