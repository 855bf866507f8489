/**
 * Colours by the part they play, for paper light and dark. Data wears the Okabe-Ito colours, which people with any
 * colour vision tell apart (Okabe and Ito, "Color Universal Design", 2008); text is never set in them.
 */
import type { VerdictWord } from '../../measure/verdict.ts';

const ORANGE = '#E69F00';
const SKY = '#56B4E9';
const GREEN = '#009E73';
const BLUE = '#0072B2';
const VERMILLION = '#D55E00';
const PURPLE = '#CC79A7';

export type Theme = 'light' | 'dark';

/** What a line or an area stands for. */
export type DataRole =
  | 'planned'
  | 'acknowledged'
  | 'shortfall'
  | 'p50'
  | 'p95'
  | 'p99'
  | 'max'
  | 'dropped'
  | 'generator'
  | 'machine'
  | 'first'
  | 'second'
  | 'kind0'
  | 'kind1'
  | 'kind2'
  | 'kind3'
  | 'kind4'
  | 'kind5'
  | 'kindOther';

type SurfaceRole = 'paper' | 'panel' | 'rule' | 'ink' | 'muted' | 'link' | 'veil';

export type Palette = Record<SurfaceRole | DataRole, string>;

export const PALETTES: Record<Theme, Palette> = {
  light: {
    paper: '#ffffff',
    panel: '#f3f5f7',
    rule: '#d5dbe1',
    ink: '#1b1f24',
    muted: '#57606a',
    link: '#005f96',
    veil: '#e9edf1',
    planned: '#57606a',
    acknowledged: BLUE,
    shortfall: VERMILLION,
    p50: BLUE,
    p95: GREEN,
    p99: VERMILLION,
    max: PURPLE,
    dropped: VERMILLION,
    generator: BLUE,
    machine: PURPLE,
    first: BLUE,
    second: VERMILLION,
    kind0: VERMILLION,
    kind1: BLUE,
    kind2: PURPLE,
    kind3: GREEN,
    kind4: ORANGE,
    kind5: SKY,
    kindOther: '#57606a',
  },
  dark: {
    paper: '#14171a',
    panel: '#1e2328',
    rule: '#343b42',
    ink: '#e8eaed',
    muted: '#a5adb6',
    link: '#7cc4f0',
    veil: '#1f252b',
    planned: '#a5adb6',
    acknowledged: SKY,
    shortfall: VERMILLION,
    p50: SKY,
    p95: GREEN,
    p99: ORANGE,
    max: PURPLE,
    dropped: VERMILLION,
    generator: SKY,
    machine: PURPLE,
    first: SKY,
    second: ORANGE,
    kind0: VERMILLION,
    kind1: SKY,
    kind2: PURPLE,
    kind3: GREEN,
    kind4: ORANGE,
    kind5: BLUE,
    kindOther: '#a5adb6',
  },
};

/** Areas of kinds (errors, regions), the commonest first; more than these are drawn together as "other". */
export const KIND_ROLES = [
  'kind0',
  'kind1',
  'kind2',
  'kind3',
  'kind4',
  'kind5',
] as const satisfies DataRole[];

/** Areas of regions: the colours that are furthest apart for everybody first, and none that means trouble elsewhere. */
export const REGION_ROLES = ['kind1', 'kind4', 'kind3', 'kind2', 'kind5'] as const satisfies DataRole[];

/** A verdict is written in this ink on its colour, on either paper. */
export const VERDICT_INK = '#000000';
export const VERDICT_COLOURS: Record<VerdictWord, string> = {
  PASS: GREEN,
  FAIL: VERMILLION,
  INCONCLUSIVE: ORANGE,
  ABORTED: PURPLE,
};

function channels(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Relative luminance, 0 to 1. Source: WCAG 2.2. */
function luminance(hex: string): number {
  const [r, g, b] = channels(hex).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast of two colours, 1 to 21; text needs 4.5, lines need 3 (WCAG 2.2, 1.4.3 and 1.4.11). */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The colour with an opacity of 0 to 1. */
export function translucent(hex: string, opacity: number): string {
  return `rgba(${channels(hex).join(', ')}, ${opacity})`;
}

function properties(palette: Palette): string {
  return Object.entries(palette)
    .map(([role, colour]) => `--${role}:${colour}`)
    .join(';');
}

/** The palettes as custom properties: light, dark where the reader prefers it, and light on paper. */
export function paletteCss(): string {
  const verdicts = Object.entries(VERDICT_COLOURS).map(
    ([word, colour]) => `--${word.toLowerCase()}:${colour}`,
  );
  return [
    `:root{color-scheme:light dark;${verdicts.join(';')};--verdict-ink:${VERDICT_INK};${properties(PALETTES.light)}}`,
    `@media screen and (prefers-color-scheme: dark){:root{${properties(PALETTES.dark)}}}`,
  ].join('\n');
}
