"""The built-in sample: a made-up network and its traffic."""
