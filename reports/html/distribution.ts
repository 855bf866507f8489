/** Latency over percentile, on an axis that gives the tail its room. */
import { parseClaimId } from '../../measure/claims.ts';
import type { Measurement } from '../../measure/measurement.ts';
import type { Distribution } from '../../measure/run.ts';
import { formatClaimed } from '../words.ts';
import { type DistributionModel, type DistributionPoint, INFINITE_VALUE } from './model.ts';
import { type DataRole, KIND_ROLES } from './palette.ts';
import { logScale } from './scale.ts';

/** The axis ends here: beyond p99.999 even a long run has a handful of arrivals. */
const LAST_X = 5;

/** Where a percentile lies on the axis: each whole number is one nine more. Source: HdrHistogram's percentile plots. */
export function tailPosition(percentile: number): number {
  return -Math.log10(1 - Math.min(percentile, 99.999_999) / 100);
}

function pointsOf(distribution: Distribution): DistributionPoint[] {
  // The last arrival of N lies at 1/N from the end: what is beyond would be invented.
  const lastX = Math.min(LAST_X, Math.log10(Math.max(10, distribution.planned)));
  return distribution.points
    .map(({ percentile, ms }) => ({ x: tailPosition(percentile), y: ms ?? INFINITE_VALUE }))
    .filter(({ x, y }) => x <= lastX + 1e-9 && y !== 0)
    .sort((a, b) => a.x - b.x);
}

interface Source {
  label: string;
  role: DataRole;
  dashed: boolean;
  distribution: Distribution;
}

function modelOf(sources: readonly Source[], claims: DistributionModel['claims']): DistributionModel | null {
  const lines = sources
    .map(({ label, role, dashed, distribution }) => ({ label, role, dashed, points: pointsOf(distribution) }))
    .filter(({ points }) => points.length > 0);
  if (lines.length === 0) return null;
  const values = lines.flatMap(({ points }) => points.map(({ y }) => y));
  const scale = logScale([...values, ...claims.map(({ claimed }) => claimed)]);
  const maxX = Math.max(2, ...lines.flatMap(({ points }) => points.map(({ x }) => x)));
  return { scale, maxX, lines, claims };
}

/** The latency claims of the whole window, as points on the axis. A claim on the maximum sits at its end. */
function claimPoints(measurement: Measurement): DistributionModel['claims'] {
  return measurement.verdict.claims.flatMap((claim) => {
    const id = parseClaimId(claim.id);
    if (id?.kind !== 'latency') return [];
    const label = `${claim.title} ${formatClaimed(claim.op, claim.claimed, claim.unit)}`;
    return [{ label, x: Math.min(LAST_X, tailPosition(id.quantile * 100)), claimed: claim.claimed }];
  });
}

/** The distribution of every operation of a run; null where nothing was planned in its window. */
export function distributionModel(measurement: Measurement): DistributionModel | null {
  const sources = measurement.distributions.map((distribution, i): Source => {
    const role = i === 0 ? 'first' : (KIND_ROLES[i % KIND_ROLES.length] ?? 'kindOther');
    return { label: distribution.op, role, dashed: false, distribution };
  });
  return modelOf(sources, claimPoints(measurement));
}

/** The first operation of two runs, one over the other, against the claims of the first. */
export function comparedDistribution(a: Measurement, b: Measurement): DistributionModel | null {
  const sources = [a, b].flatMap((measurement, i): Source[] => {
    const distribution = measurement.distributions[0];
    if (distribution === undefined) return [];
    return [
      { label: i === 0 ? 'A' : 'B', role: i === 0 ? 'first' : 'second', dashed: i === 1, distribution },
    ];
  });
  return modelOf(sources, claimPoints(a));
}
