"""Word lists, written as one text with spaces between the words."""


def word_list(text: str) -> tuple[str, ...]:
    """Return the words of a text in their order.

    Example:
        >>> word_list("low medium high")
        ('low', 'medium', 'high')
    """
    return tuple(text.split())


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())
