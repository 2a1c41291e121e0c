/** Lines one after the other with the same thing wrong. */
export interface LineFault {
  readonly first: number;
  readonly last: number;
  readonly error: Error;
}

/** What is wrong with the lines of an input, told once for each run of the same. */
export class LineFaults {
  readonly #found: { readonly line: number; readonly error: Error }[] = [];
  #count = 0;

  /** How many lines were at fault, those taken included. */
  get count(): number {
    return this.#count;
  }

  add(line: number, error: Error): void {
    this.#count += 1;
    this.#found.push({ line, error });
  }

  /** Takes out what was added since the last time, by line. */
  take(): readonly LineFault[] {
    const runs: LineFault[] = [];
    for (const { line, error } of this.#found.splice(0).sort((a, b) => a.line - b.line)) {
      const run = runs.at(-1);
      if (run?.last === line - 1 && run.error.message === error.message) runs[runs.length - 1] = { ...run, last: line };
      else runs.push({ first: line, last: line, error });
    }
    return runs;
  }
}
