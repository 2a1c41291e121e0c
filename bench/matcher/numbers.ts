/** Numbers as the tables print them. */

export function micros(value: number): string {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : whole(value);
}

export function oneDigit(value: number): string {
  return value.toFixed(1);
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
