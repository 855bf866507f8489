/**
 * A mistake that a person can mend, as `measure/problem.ts` has it: setup runs before TypeScript can be loaded.
 * Shown as it is, exit code 2.
 */
export class Trouble extends Error {
  /**
   * @param {string} code stable name, begins with `E_`
   * @param {string} sentences what was found, what was expected, what to do
   */
  constructor(code, sentences) {
    super(`${code}: ${sentences}`);
    this.name = 'Trouble';
  }
}

/**
 * What went wrong in one line. Node hides the cause of a failed connection to several addresses in `errors`.
 * @param {unknown} error
 * @returns {string}
 */
export function sayWhy(error) {
  if (!(error instanceof Error)) return String(error);
  if (error.message === '' && error instanceof AggregateError) return sayWhy(error.errors[0]);
  return error.message.split('\n')[0] || error.name;
}
