/** What a chart is painted with: the reader's palette and one way to write on a canvas. */
import type uPlot from 'uplot';
import { PALETTES, type Palette } from '../palette.ts';

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

export interface Paint {
  palette: Palette;
  /** Paper has no theme and a fixed width. */
  printing: boolean;
}

/** The palette that the reader asked for; paper is always light. */
export function currentPaint(printing: boolean): Paint {
  const dark = !printing && matchMedia('screen and (prefers-color-scheme: dark)').matches;
  return { palette: PALETTES[dark ? 'dark' : 'light'], printing };
}

/** A font of so many CSS pixels, for uPlot, which scales fonts itself. */
export const axisFont = (size: number) => `${size}px ${FONT}`;

/** The same on the canvas, whose pixels are the device's. */
export const canvasFont = (size: number, weight = 400) => `${weight} ${size * devicePixelRatio}px ${FONT}`;

/** Writes with a rim of the paper's colour, so that it can be read across lines. */
export function writeText(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  colours: { ink: string; rim: string },
): void {
  context.lineJoin = 'round';
  context.setLineDash([]);
  context.lineWidth = 4 * devicePixelRatio;
  context.strokeStyle = colours.rim;
  context.strokeText(text, x, y);
  context.fillStyle = colours.ink;
  context.fillText(text, x, y);
}

/** Shortens a text until it fits. */
export function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) end -= 1;
  return `${text.slice(0, end)}…`;
}

/** Draws with a state of its own, clipped to the plotting area where asked. */
export function draw(u: uPlot, clipped: boolean, paint: (context: CanvasRenderingContext2D) => void): void {
  const { ctx: context, bbox } = u;
  context.save();
  context.textAlign = 'left';
  context.setLineDash([]);
  if (clipped) {
    context.beginPath();
    context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    context.clip();
  }
  paint(context);
  context.restore();
}
