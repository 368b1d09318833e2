"""Rules of security groups as people write them: read from text, written as text."""
