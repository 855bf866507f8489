/**
 * A mistake that a person can mend: bad input, a missing tool, a target that may not be loaded.
 * It is shown as one line, `E_CODE: found. expected. next.`, and ends in exit code 2. Anything else that is thrown
 * is a bug of ours, shown with its stack, exit code 1.
 */
export class Problem extends Error {
  /** Stable, for scripts and tests: `E_TARGET_NOT_ALLOWED`. */
  readonly code: string;
  /** Where: a path into the configuration (`profiles.quick.stages[1].duration`), a flag, or empty. */
  readonly where: string;

  /**
   * @param code stable name, begins with `E_`
   * @param sentences what was found, what was expected, what to do: whole sentences, each with its full stop
   * @param where path into the configuration or flag
   */
  constructor(code: string, sentences: string, where = '') {
    super(`${code}: ${sentences}`);
    this.name = 'Problem';
    this.code = code;
    this.where = where;
  }
}

/** Several problems found at once: a configuration with five mistakes says all five. */
export class Problems extends Error {
  readonly title: string;
  readonly list: readonly Problem[];

  constructor(title: string, list: readonly Problem[]) {
    super(`${title}\n${list.map((p) => `  ${p.where ? `${p.where}   ` : ''}${p.message}`).join('\n')}`);
    this.name = 'Problems';
    this.title = title;
    this.list = list;
  }
}
