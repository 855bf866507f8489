/** Panels as all dashboards draw them: the same colours, units and sizes for the same things. */

import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  HeatmapCellLayout,
  LegendDisplayMode,
  LegendPlacement,
  StackingMode,
  TableCellDisplayMode,
  TooltipDisplayMode,
  VisibilityMode,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMap,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmapSdk from '@grafana/grafana-foundation-sdk/heatmap';
import * as statSdk from '@grafana/grafana-foundation-sdk/stat';
import * as tableSdk from '@grafana/grafana-foundation-sdk/table';
import * as timeseriesSdk from '@grafana/grafana-foundation-sdk/timeseries';
import { PALETTES, VERDICT_COLOURS } from '../html/palette.ts';
import { DATASOURCE, from, type Target } from './query.ts';

/** What every panel says, and how large it is: the grid is 24 wide. */
export interface Frame {
  title: string;
  /** One sentence. */
  description: string;
  width: number;
  height?: number;
}

/** Grafana's unit ids. */
export type Unit =
  | 'ms'
  | 's'
  | 'percentunit'
  | 'reqps'
  | 'bytes'
  | 'currencyKRW'
  | 'dateTimeAsIso'
  | 'short'
  | 'none'
  | 'string';

/** Which fields a stat shows: text between slashes is a pattern, nothing means all numbers. */
const NUMBERS = '';

export const COLOURS = PALETTES.light;

const fixed = (colour: string): DynamicConfigValue => ({
  id: 'color',
  value: { mode: FieldColorModeId.Fixed, fixedColor: colour },
});

const VERDICT_MAPPING: ValueMap = {
  type: MappingType.ValueToText,
  options: Object.fromEntries(
    Object.entries(VERDICT_COLOURS).map(([word, color], index) => [word, { text: word, color, index }]),
  ),
};

const lettered = (targets: readonly Target[]): Target[] =>
  targets.map((target, i) => target.refId('ABCDEFGH'[i]!));

/** @param from the value from which on it is bad */
const badFrom = (from: number) =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    // Grafana's null: from minus infinity on.
    { value: null, color: VERDICT_COLOURS.PASS },
    { value: from, color: VERDICT_COLOURS.FAIL },
  ]);

/** What all kinds of panels can be told. */
interface Framed {
  title(text: string): this;
  description(text: string): this;
  span(width: number): this;
  height(rows: number): this;
  datasource(which: typeof DATASOURCE): this;
  targets(targets: Target[]): this;
}

function framed<Panel extends Framed>(
  panel: Panel,
  frame: Frame,
  targets: readonly Target[],
  height = 8,
): Panel {
  return panel
    .title(frame.title)
    .description(frame.description)
    .span(frame.width)
    .height(frame.height ?? height)
    .datasource(DATASOURCE)
    .targets(lettered(targets));
}

export function lines(
  frame: Frame,
  unit: Unit,
  targets: Target[],
  { colours = {}, max }: { colours?: Readonly<Record<string, string>>; max?: number } = {},
): timeseriesSdk.PanelBuilder {
  const panel = framed(new timeseriesSdk.PanelBuilder(), frame, targets)
    // Points are a second apart.
    .interval('1s')
    .unit(unit)
    .min(0)
    .lineWidth(2)
    .fillOpacity(5)
    .showPoints(VisibilityMode.Auto)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
  if (max !== undefined) panel.max(max);
  for (const [name, colour] of Object.entries(colours)) panel.overrideByName(name, [fixed(colour)]);
  return panel;
}

/** Lines of which each stands on the one before. */
export function stacked(
  frame: Frame,
  unit: Unit,
  targets: Target[],
  max?: number,
): timeseriesSdk.PanelBuilder {
  return lines(frame, unit, targets, max === undefined ? {} : { max })
    .fillOpacity(40)
    .stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
}

export function bars(
  frame: Frame,
  unit: Unit,
  targets: Target[],
  colours: Readonly<Record<string, string>>,
): timeseriesSdk.PanelBuilder {
  return lines(frame, unit, targets, { colours }).drawStyle(GraphDrawStyle.Bars).fillOpacity(60).lineWidth(1);
}

/** Points of runs, far apart. */
export function dots(
  frame: Frame,
  unit: Unit,
  targets: Target[],
  colours: Readonly<Record<string, string>> = {},
): timeseriesSdk.PanelBuilder {
  return lines(frame, unit, targets, { colours })
    .showPoints(VisibilityMode.Always)
    .pointSize(7)
    .fillOpacity(0);
}

/** One number over the time shown. */
export function number(frame: Frame, unit: Unit, ...targets: Target[]): statSdk.PanelBuilder {
  return stat(frame, targets, NUMBERS)
    .unit(unit)
    .colorMode(BigValueColorMode.None)
    .textMode(BigValueTextMode.Value);
}

/** One number that is bad from a value on. */
export function limit(frame: Frame, unit: Unit, target: Target, bad: number): statSdk.PanelBuilder {
  return number(frame, unit, target).colorMode(BigValueColorMode.Background).thresholds(badFrom(bad));
}

/** A verdict in its colour; the word is there as well. */
export function verdict(frame: Frame, target: Target): statSdk.PanelBuilder {
  return stat(frame, [target], '/^verdict$/')
    .colorMode(BigValueColorMode.Background)
    .textMode(BigValueTextMode.Value)
    .mappings([VERDICT_MAPPING]);
}

/** A claim: what was measured, what was claimed, and the verdict, which alone knows the error bar. */
export function claim(frame: Frame, unit: Unit, id: string): statSdk.PanelBuilder {
  const answer = from('claims').last('measured').last('claimed').last('verdict').where('claim', id).table();
  return stat(frame, [answer], '/^(measured|claimed|verdict)$/')
    .unit(unit)
    .noValue('not measured, or infinite')
    .textMode(BigValueTextMode.ValueAndName)
    .overrideByName('measured', [fixed('text')])
    .overrideByName('claimed', [fixed(COLOURS.muted)])
    .overrideByName('verdict', [{ id: 'mappings', value: [VERDICT_MAPPING] }]);
}

function stat(frame: Frame, targets: Target[], fields: string): statSdk.PanelBuilder {
  return framed(new statSdk.PanelBuilder(), frame, targets, 4)
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields(fields));
}

/** Rows with their verdict coloured. `links`: where the value of a column leads. */
export function table(
  frame: Frame,
  target: Target,
  {
    units = {},
    links = {},
  }: { units?: Readonly<Record<string, Unit>>; links?: Readonly<Record<string, string>> } = {},
): tableSdk.PanelBuilder {
  const panel = framed(new tableSdk.PanelBuilder(), frame, [target])
    .showHeader(true)
    .align(common.FieldTextAlignment.Auto)
    .inspect(false)
    .filterable(true)
    .overrideByName('verdict', [
      { id: 'mappings', value: [VERDICT_MAPPING] },
      { id: 'custom.cellOptions', value: { type: TableCellDisplayMode.ColorText } },
    ]);
  for (const [name, unit] of Object.entries(units)) panel.overrideByName(name, [{ id: 'unit', value: unit }]);
  for (const [name, url] of Object.entries(links))
    panel.overrideByName(name, [{ id: 'links', value: [{ title: 'Open', url, targetBlank: false }] }]);
  return panel;
}

/** A heatmap of buckets that were counted already: a column is a bucket, its name the upper bound. */
export function heatmap(frame: Frame, unit: Unit, target: Target): heatmapSdk.PanelBuilder {
  return framed(new heatmapSdk.PanelBuilder(), frame, [target])
    .interval('1s')
    .calculate(false)
    .rowsFrame(new heatmapSdk.RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Le).value('orders'))
    .yAxis(new heatmapSdk.YAxisConfigBuilder().unit(unit).axisPlacement(common.AxisPlacement.Left))
    .cellGap(0)
    .color(
      new heatmapSdk.HeatmapColorOptionsBuilder()
        .mode(heatmapSdk.HeatmapColorMode.Scheme)
        .scheme('Viridis')
        .scale(heatmapSdk.HeatmapColorScale.Exponential)
        .fill('dark-orange')
        .exponent(0.5)
        .steps(64)
        .reverse(false),
    );
}
