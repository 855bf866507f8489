/** The script of the page: reads the embedded model, draws it, and draws it again when paper or theme change. */
import type uPlot from 'uplot';
import type { ReportModel } from '../model.ts';
import { addCopyButton } from './copy.ts';
import { drawDistribution } from './distribution-chart.ts';
import { listenToKeys } from './keys.ts';
import { currentPaint } from './paint.ts';
import { fillWhenOpened } from './seconds-table.ts';
import { drawTimeChart } from './time-chart.ts';

/** What is left of A4 between its margins, CSS pixels. */
const PAPER_WIDTH = 690;

const model = JSON.parse(document.getElementById('model')?.textContent ?? '{}') as ReportModel;

function elementOf(id: string): { place: HTMLElement; readout: HTMLElement } | null {
  const place = document.querySelector<HTMLElement>(`[data-chart="${id}"]`);
  const readout = document.getElementById(`readout-${id}`);
  return place === null || readout === null ? null : { place, readout };
}

/** Plots by the chart's id: those over time share a cursor. */
const plots = new Map<string, uPlot>();
let distribution: uPlot | null = null;

function widthOf(place: HTMLElement, printing: boolean): number {
  return printing ? PAPER_WIDTH : Math.max(200, place.clientWidth);
}

function drawAll(printing: boolean): void {
  const paint = currentPaint(printing);
  for (const chart of model.timeline?.charts ?? []) {
    const at = elementOf(chart.id);
    if (at === null || model.timeline === null) continue;
    plots.get(chart.id)?.destroy();
    const width = widthOf(at.place, printing);
    plots.set(chart.id, drawTimeChart(model.timeline, chart, at.place, at.readout, width, paint));
  }
  const at = elementOf('distribution');
  if (at !== null && model.distribution !== null) {
    distribution?.destroy();
    const width = widthOf(at.place, printing);
    distribution = drawDistribution(model.distribution, at.place, at.readout, width, paint);
  }
}

function speak(id: string): void {
  const spoken = document.getElementById('spoken');
  if (spoken !== null) spoken.textContent = document.getElementById(`readout-${id}`)?.textContent ?? '';
}

function listen(): void {
  for (const chart of model.timeline?.charts ?? []) {
    const at = elementOf(chart.id);
    const group = () => [chart.id, ...plots.keys()].flatMap((id) => plots.get(id) ?? []);
    if (at !== null)
      listenToKeys(
        at.place,
        () => [...new Set(group())],
        () => speak(chart.id),
      );
  }
  const at = elementOf('distribution');
  if (at !== null) {
    listenToKeys(
      at.place,
      () => (distribution === null ? [] : [distribution]),
      () => speak('distribution'),
    );
  }

  let drawnWidth = document.documentElement.clientWidth;
  addEventListener('resize', () => {
    // A phone's address bar changes the height alone.
    if (document.documentElement.clientWidth === drawnWidth) return;
    drawnWidth = document.documentElement.clientWidth;
    drawAll(false);
  });
  const paper = matchMedia('print');
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawAll(paper.matches));
  paper.addEventListener('change', () => drawAll(paper.matches));
  addEventListener('beforeprint', () => drawAll(true));
  addEventListener('afterprint', () => drawAll(false));
}

for (const element of document.querySelectorAll<HTMLElement>('.copyable')) addCopyButton(element);
const details = document.getElementById('seconds');
if (details instanceof HTMLDetailsElement && model.timeline !== null) fillWhenOpened(details, model.timeline);
drawAll(false);
listen();
