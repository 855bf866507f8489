/** What a command's exit status says: one table for the commands, their help and their tests. */
import type { VerdictWord } from '../measure/verdict.ts';

export interface ExitCode {
  code: number;
  /** One line for `--help`. */
  means: string;
}

export const EXIT_CODES = {
  pass: { code: 0, means: 'PASS: every claim held' },
  fail: { code: 99, means: 'FAIL: a claim did not hold (the same number as k6 thresholds)' },
  inconclusive: { code: 3, means: 'INCONCLUSIVE: the evidence does not decide it; the reason is printed' },
  aborted: { code: 4, means: 'ABORTED: stopped early (npm itself reports 130 after ctrl-c)' },
  restoreFailed: {
    code: 5,
    means: 'RESTORE FAILED: something is not as it was before a drill; see npm run restore',
  },
  usage: { code: 2, means: 'a mistake in the flags or in the configuration' },
  bug: { code: 1, means: 'a bug of ours' },
} as const satisfies Record<string, ExitCode>;

const BY_VERDICT: Record<VerdictWord, number> = {
  PASS: EXIT_CODES.pass.code,
  FAIL: EXIT_CODES.fail.code,
  INCONCLUSIVE: EXIT_CODES.inconclusive.code,
  ABORTED: EXIT_CODES.aborted.code,
};

/** The exit status of a run that ended in this verdict. */
export function exitCodeOf(verdict: VerdictWord): number {
  return BY_VERDICT[verdict];
}
