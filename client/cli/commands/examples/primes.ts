/** Primes from `from` up to, but not including, `to`. */
export function primesIn(from: number, to: number): number {
  let count = 0;
  for (let n = Math.max(2, from); n < to; n += 1) if (isPrime(n)) count += 1;
  return count;
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor += 1) if (n % divisor === 0) return false;
  return true;
}
