"""How the rows of panels are made."""
