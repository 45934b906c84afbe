"""Going on from learnt weights: what learns when, how fast, and how far it may go from where it began."""
