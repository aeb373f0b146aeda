#!/usr/bin/env bash
# write-project.sh DIR: the files that the stories and the pictures are about.
set -euo pipefail

mkdir -p "$1"/project/.git "$1"/project/src "$1"/alone
cat >"$1/project/src/totals.rs" <<'RUST'
//! Totals of a basket.

pub fn total(prices: &[f64]) -> f64 {
    prices.iter().sum()
}

pub fn mean(prices: &[f64]) -> f64 {
    total(prices) / prices.len() as f64
}

pub fn largest(prices: &[f64]) -> f64 {
    prices.iter().copied().fold(0.0, f64::max)
}
RUST
cat >"$1/project/report.py" <<'PYTHON'
"""A report."""


def total(prices):
    return sum(prices)


print(total([1, 2, 3]))
PYTHON
cp "$(dirname "${BASH_SOURCE[0]}")"/../project/*.py "$1/project"
printf 'def total(prices):\r\n    return sum(prices)\r\n\r\n\r\nprint(total([1]))\r\n' >"$1/project/windows.py"
printf -- '-- notes\nlocal function twice(x)\n  return x * 2\nend\n' >"$1/alone/notes.lua"
