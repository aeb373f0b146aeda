"""The dearest of a basket."""


def largest(prices):
    found = prices[0]
    for price in prices:
        if price > found:
            found = price
    return found
