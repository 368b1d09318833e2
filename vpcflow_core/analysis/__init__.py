"""Judgements of series and flows: DataFrame in, DataFrame out."""
