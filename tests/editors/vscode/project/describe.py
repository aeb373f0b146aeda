"""Words about a basket."""


def describe(prices):
    first = sorted(prices)[0]
    lines = []
    for price in prices:
        lines.append("%d" % price)
    text = ", ".join(lines)
    return "%s from %d" % (text, first)
