"""DataFrame in, DataFrame out: what a series tells."""
