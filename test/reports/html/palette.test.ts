import { describe, expect, it } from 'vitest';
import {
  contrast,
  type DataRole,
  PALETTES,
  type Theme,
  VERDICT_COLOURS,
  VERDICT_INK,
} from '../../../reports/html/palette.ts';

const THEMES: Theme[] = ['light', 'dark'];
const LINES: DataRole[] = [
  'planned',
  'acknowledged',
  'shortfall',
  'p50',
  'p95',
  'p99',
  'max',
  'dropped',
  'generator',
  'machine',
  'first',
  'second',
];

describe.each(THEMES)('the %s palette', (theme) => {
  const palette = PALETTES[theme];

  it.each(['ink', 'muted', 'link'] as const)(
    'sets %s with contrast AA on paper, panels and shades',
    (role) => {
      for (const ground of [palette.paper, palette.panel, palette.veil]) {
        expect(contrast(palette[role], ground)).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it.each(LINES)('draws %s so that it can be seen', (role) => {
    expect(contrast(palette[role], palette.paper)).toBeGreaterThanOrEqual(3);
  });
});

describe('verdicts', () => {
  it.each(Object.entries(VERDICT_COLOURS))('write %s with contrast AA on their colour', (_, colour) => {
    expect(contrast(VERDICT_INK, colour)).toBeGreaterThanOrEqual(4.5);
  });

  it('measures contrast as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });
});
