"""What a record does not say itself: classes and places of addresses, names of numbers.

May import errors, data and the standard library; geo also pandas and geoip2.
"""
