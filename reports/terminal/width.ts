/**
 * How many terminal cells a text takes, and cutting it to size. A line that wraps breaks a view that is redrawn in
 * place, so every doubt is settled towards the wider answer.
 */
import { stripVTControlCharacters } from 'node:util';

/** Combining marks, joiners and other format characters take no cell of their own. */
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** Pictographs that terminals draw in two cells without being asked. */
const WIDE_PICTOGRAPH = /^\p{Emoji_Presentation}$/u;

/** Blocks whose characters are Wide or Fullwidth. Source: Unicode 15, EastAsianWidth.txt, gaps closed. */
const WIDE_BLOCKS: readonly (readonly [from: number, to: number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18aff],
  [0x1b000, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

function characterWidth(character: string): number {
  const code = character.codePointAt(0)!;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  if (code < 0x300) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  if (WIDE_PICTOGRAPH.test(character)) return 2;
  return WIDE_BLOCKS.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Terminal cells that a text takes; escape sequences take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += characterWidth(character);
  return width;
}

/**
 * One line of plain text out of anything: names, addresses and sentences that came from outside must not move the
 * cursor, colour the screen or break a line.
 */
export function plainLine(text: string): string {
  return (
    stripVTControlCharacters(text)
      .replace(/\s+/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
  );
}

/** Cuts plain text to `columns` cells; what was cut shows as an ellipsis. */
export function clip(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Fills plain text with spaces to `columns` cells. */
export function pad(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return align === 'left' ? text + space : space + text;
}

/** A number stays with its unit and with the operator before it: "99.99" on one line and "%" on the next misleads. */
const GLUED = /(?<=\d) (?=(?:%|ms|s|min|h)(?:[^\p{L}\d]|$))|(?<=[<≤>≥]) (?=[\d∞])/gu;
const GLUE = '\u00a0';

/**
 * Breaks plain text at its spaces into lines of at most `columns` cells. A word that is longer stands on a line of
 * its own, whole: a path that is cut cannot be copied.
 */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of plainLine(text).replace(GLUED, GLUE).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  if (line !== '') lines.push(line);
  return lines.map((each) => each.replaceAll(GLUE, ' '));
}
