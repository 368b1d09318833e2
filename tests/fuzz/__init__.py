"""Mutated files of every format: each ends in records or a sentence, and no line is lost."""
