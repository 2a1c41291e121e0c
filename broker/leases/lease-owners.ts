/** How many leases each principal has, and a small number for each, so that a lease need not keep a string. */
export class LeaseOwners {
  readonly #leasesMax: number;
  readonly #indexes = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #counts: number[] = [];
  readonly #unused: number[] = [];

  /** `leasesMax`: of one principal. */
  constructor(leasesMax: number) {
    this.#leasesMax = leasesMax;
  }

  /** Whether `owner` may have one lease more. */
  mayAdd(owner: string): boolean {
    const index = this.#indexes.get(owner);
    return (index === undefined ? 0 : (this.#counts[index] as number)) < this.#leasesMax;
  }

  /** Counts one more lease of `owner`. Returns its number, which it keeps while it has any lease. */
  add(owner: string): number {
    const known = this.#indexes.get(owner);
    if (known !== undefined) {
      this.#counts[known] = (this.#counts[known] as number) + 1;
      return known;
    }
    const index = this.#unused.pop() ?? this.#names.length;
    this.#indexes.set(owner, index);
    this.#names[index] = owner;
    this.#counts[index] = 1;
    return index;
  }

  /** Counts one lease less for the owner of this number, and forgets it with the last. */
  remove(index: number): void {
    const left = (this.#counts[index] as number) - 1;
    this.#counts[index] = left;
    if (left > 0) return;
    this.#indexes.delete(this.name(index));
    this.#names[index] = '';
    this.#unused.push(index);
  }

  name(index: number): string {
    return this.#names[index] as string;
  }
}
