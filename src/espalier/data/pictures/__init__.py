"""Pictures: where they lie, how they are decoded, what they are like."""
