"""Prices."""


def hostile(prices):
    """The sum of prices."""
    return sum(prices)
