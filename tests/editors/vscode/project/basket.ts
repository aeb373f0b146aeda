export function total(prices: number[]): number {
  let result = 0;
  for (const price of prices) {
    result += price;
  }
  return result;
}

const limit: number = "100";

console.log(total([1, 2, 3]) < limit);
