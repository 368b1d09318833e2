"""Whether a file that a visitor sends is taken."""
