from totals import total


def mean(prices):
    return total(prices) / len(prices)
