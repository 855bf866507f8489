/** The live view where nothing can be redrawn: one plain line every few seconds, without escape codes. */
import { regionName } from '../drill-words.ts';
import { formatCount, formatMs, formatRate, formatRatioAsPercent } from '../words.ts';
import { answerShares, drillPhase, ordersAtRisk, sinceFault } from './drill-rows.ts';
import { errorKinds, healthOf, hintOf, LIVE_DIGITS, NO_LIMIT, waitingFor } from './live.ts';
import { clockOf, positionOf, stageWord } from './stages.ts';
import type { LiveCounts, LiveState } from './state.ts';
import { plainLine } from './width.ts';

/** The first line: what is run, against what. */
export function renderPlainHeader(state: LiveState): string {
  return plainLine([`stormproof ${state.kind}`, state.profile, state.target, state.run].join(' · '));
}

function generatorWords(state: LiveState): string {
  const health = healthOf(state);
  const unlimited = health.kind === 'unlimited';
  const details = [
    ...(state.generator ? [`cpu ${formatRatioAsPercent(Math.round(state.generator.cpu * 100) / 100)}`] : []),
    ...(state.recent ? [`late p99 ${formatMs(state.recent.lateP99Ms, LIVE_DIGITS)}`] : []),
    ...(unlimited ? [NO_LIMIT] : []),
  ];
  const word = health.kind === 'doubtful' ? ` ${health.sentence}` : unlimited ? '' : ` ${health.kind}`;
  return `generator${word}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
}

function unservedWords(counts: LiveCounts): string {
  const kinds = (['dropped', 'refused', 'unsent', 'unknown'] as const).filter((kind) => counts[kind] > 0);
  return kinds.length === 0
    ? 'unserved 0'
    : kinds.map((kind) => `${kind} ${formatCount(counts[kind])}`).join(', ');
}

/** `detecting: health checks still pass, 1.2 s since the fault`, who answers, what waits. */
function drillPieces(state: LiveState, recent: NonNullable<LiveState['recent']>): string[] {
  const { drill } = state;
  if (drill === null) return [];
  const shares = answerShares(recent, drill.record).map(
    ({ region, share }) =>
      `${regionName(region)} ${share === null ? 'nothing' : formatRatioAsPercent(Math.round(share * 1000) / 1000)}`,
  );
  const phase = [drillPhase(state), sinceFault(state)].filter((words) => words !== '').join(', ');
  return [phase, shares.join(', '), ordersAtRisk(drill)].filter((words) => words !== '');
}

/** One line that says what the live view says. Rates and percentiles of the most recent second, counts so far. */
export function renderPlain(state: LiveState): string {
  const at = positionOf(state);
  const stage = state.stages[at.stage];
  const start = `${clockOf(at)}  ${stage === undefined ? 'over' : stageWord(stage)}`;
  const waiting = waitingFor(state);
  if (state.zeroMs === null) return plainLine(waiting);
  if (state.recent === null) return `${start}  ${waiting}`;
  const { counts, recent } = state;
  const kinds = errorKinds(state);
  const pieces = [
    start,
    ...drillPieces(state, recent),
    `planned ${formatRate(recent.planned)}`,
    `served ${formatRate(recent.acknowledged)}`,
    unservedWords(counts),
    `p50 ${formatMs(recent.p50Ms, LIVE_DIGITS)}`,
    `p95 ${formatMs(recent.p95Ms, LIVE_DIGITS)}`,
    `p99 ${formatMs(recent.p99Ms, LIVE_DIGITS)}`,
    ...(kinds.length > 0 ? [`errors ${kinds.join(', ')}`] : []),
    generatorWords(state),
    ...(state.ending.kind === 'none' ? [] : [hintOf(state)]),
  ];
  return pieces.map(plainLine).join('  ');
}
