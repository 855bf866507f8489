/** Colours by meaning. Each of them repeats what a word or a shape says already: colour is never the only sign. */
import pc from 'picocolors';
import type { VerdictWord } from '../../measure/verdict.ts';

type Paint = (text: string) => string;

export interface Palette {
  strong: Paint;
  quiet: Paint;
  progress: Paint;
  good: Paint;
  doubtful: Paint;
  bad: Paint;
  verdict: (verdict: VerdictWord) => Paint;
}

/** @param colour false gives a palette that leaves every text as it is */
export function palette(colour: boolean): Palette {
  const colours = pc.createColors(colour);
  const verdicts: Record<VerdictWord, Paint> = {
    PASS: (text) => colours.bold(colours.green(text)),
    INCONCLUSIVE: (text) => colours.bold(colours.yellow(text)),
    FAIL: (text) => colours.bold(colours.red(text)),
    ABORTED: (text) => colours.bold(colours.magenta(text)),
  };
  return {
    strong: colours.bold,
    quiet: colours.dim,
    progress: colours.cyan,
    good: colours.green,
    doubtful: colours.yellow,
    bad: colours.red,
    verdict: (verdict) => verdicts[verdict],
  };
}

/** A piece of a line: its plain text, which is what is measured, and how it is painted. */
export interface Span {
  text: string;
  paint?: Paint;
}

/** Whether a stream may be coloured: a terminal that is not dumb, and nobody said no. See https://no-color.org. */
export function wantsColour(
  stream: { isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  return stream.isTTY === true && env.TERM !== 'dumb';
}
