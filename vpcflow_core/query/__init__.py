"""Questions as data, and the SELECT each one becomes."""
