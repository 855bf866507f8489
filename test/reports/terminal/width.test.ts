import { describe, expect, it } from 'vitest';
import { bar, sparkline } from '../../../reports/terminal/graphics.ts';
import { clip, displayWidth, pad, plainLine, wrap } from '../../../reports/terminal/width.ts';

describe('display width', () => {
  it.each([
    ['orders', 6],
    ['주문', 4],
    ['e\u0301', 1],
    ['😀', 2],
    ['\u001b[31mred\u001b[39m', 3],
    ['━╸─▁█', 5],
    ['', 0],
  ])('counts the cells of %j', (text, cells) => {
    expect(displayWidth(text)).toBe(cells);
  });

  it('clips before the cell that would not fit', () => {
    expect(clip('주문주문', 5)).toBe('주문…');
    expect(clip('주문주문', 4)).toBe('주…');
    expect(clip('orders', 6)).toBe('orders');
    expect(clip('orders', 0)).toBe('');
  });

  it('pads by cells', () => {
    expect(pad('주문', 6)).toBe('주문  ');
    expect(pad('7', 3, 'right')).toBe('  7');
  });

  it('takes escape sequences and line breaks out of text that came from outside', () => {
    expect(plainLine('a\u001b[2J\u0007b\nc')).toBe('ab c');
  });

  it('wraps at spaces, keeps numbers with their units and long words whole', () => {
    expect(wrap('P95 latency 121 ms, claimed < 100 ms', 19)).toEqual([
      'P95 latency 121 ms,',
      'claimed < 100 ms',
    ]);
    expect(wrap('see runs/a-very-long-path/report.html now', 10)).toEqual([
      'see',
      'runs/a-very-long-path/report.html',
      'now',
    ]);
  });
});

describe('drawings', () => {
  it('scales a sparkline between zero and its largest value', () => {
    expect(sparkline([0, 4, 8], 10)).toBe('▁▄█');
    expect(sparkline([0, 0], 10)).toBe('▁▁');
  });

  it('marks an infinite value and shows the newest where there is no room for all', () => {
    expect(sparkline([8, 1, null], 2)).toBe('█╳');
    expect(sparkline([1, 2], 0)).toBe('');
  });

  it('fills a bar from nothing to all', () => {
    expect(bar(0, 4)).toEqual({ done: '', left: '────' });
    expect(bar(0.5, 4)).toEqual({ done: '━╸', left: '──' });
    expect(bar(7, 4)).toEqual({ done: '━━━━', left: '' });
  });
});
