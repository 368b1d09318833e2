"""A store and the sources that fill it: which they are, and how they are kept up to date."""
