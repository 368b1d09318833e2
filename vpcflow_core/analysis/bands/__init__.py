"""Ways to say what is expected of each bucket, from the buckets before it."""
