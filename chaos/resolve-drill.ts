/** A drill made ready to run: scaled, its timeline laid on the run's clock, its claims parsed. */
import type { DrillInput, Profile, SustainedInput } from '../harness/config.ts';
import { formatDuration, parseDuration } from '../harness/duration.ts';
import { parseClaim } from '../measure/claims.ts';
import type { DrillRecord, PlannedFault, SustainedRule } from '../measure/drill.ts';
import { Problem, Problems } from '../measure/problem.ts';
import type { Claim } from '../measure/verdict.ts';
import { DEFAULT_RATE, DEFAULT_SUSTAINED, type DrillDefinition, type FaultInput } from './definition.ts';

/** The load begins from nothing within this: a service that has just been started is slow at first. */
const RAMP_MS = 3000;
/** Below this, normal is not known: 100 orders a second are a p99 of 3 s. */
const LEAST_BASELINE_MS = 3000;
/** Below this a stretch tells nothing of a rate. */
const LEAST_SUSTAINED_MS = 1000;
/** Replication lag is never scaled, and what was lost is to come back. */
const CATCH_UP_MS = 3000;

export interface DrillOptions {
  rate?: number | undefined;
  timeScale: number;
}

type Side = 'primary' | 'standby';

/** What does not depend on where the drill takes place. */
export interface ResolvedDrill {
  profile: Profile;
  /** With sides where the record has regions: a platform names them. */
  record: Omit<DrillRecord, 'platform' | 'primary' | 'standby' | 'predicted' | 'losses' | 'faults'> & {
    losses: { on: Side; atMs: number; untilMs: number }[];
    faults: (PlannedFault & { on: Side | null })[];
  };
  /** Scaled: what is judged. */
  claims: Claim[];
  /** What was changed on the way, as sentences without a full stop. */
  notes: string[];
}

/**
 * Lays a drill out on the run's clock.
 * @param own what the configuration changes of it
 * @throws Problems with every mistake
 */
export function resolveDrill(
  drill: DrillDefinition,
  own: DrillInput,
  { rate, timeScale }: DrillOptions,
): ResolvedDrill {
  const where = `drills.${drill.name}`;
  const problems: Problem[] = [];
  const take = <T>(value: T | Problem, otherwise: T): T => {
    if (!(value instanceof Problem)) return value;
    problems.push(value);
    return otherwise;
  };
  const duration = (text: string, path: string): number => take(parseDuration(text, `${where}.${path}`), 0);
  const scaled = (text: string, path: string): number => Math.round(duration(text, path) * timeScale);

  const baselineMs = Math.max(LEAST_BASELINE_MS, scaled(drill.baseline ?? '100s', 'baseline'));
  const firstMs = RAMP_MS + baselineMs;
  const faults = drill.faults.map((fault, i) => layFault(fault, i, firstMs, scaled));
  const lastMs = Math.max(firstMs, ...faults.map(({ undoAtMs }) => undoAtMs));
  const endMs = lastMs + scaled(drill.recovery ?? '160s', 'recovery') + CATCH_UP_MS;
  for (const { id, injectAtMs, undoAtMs } of faults) {
    if (undoAtMs <= injectAtMs)
      problems.push(
        new Problem(
          'E_FAULT_TIME',
          `${id} ends before it begins. Expected until after at.`,
          `${where}.faults`,
        ),
      );
  }
  for (const [i, { on, atMs }] of lossesOf(drill, faults).entries()) {
    const others = lossesOf(drill, faults).slice(0, i);
    if (others.some((other) => other.on === on || other.untilMs > atMs))
      problems.push(
        new Problem(
          'E_LOSS_TWICE',
          'two losses are of one region, or overlap. Expected each region lost once, one after the other: its orders are looked for in the other. Run two drills.',
          `${where}.faults`,
        ),
      );
  }
  problems.push(...overlaps(faults, where));
  const sustained = readSustained(
    { ...DEFAULT_SUSTAINED, ...drill.sustained, ...own.sustained },
    where,
    take,
  );
  const windowMs = Math.max(LEAST_SUSTAINED_MS, Math.round(sustained.windowMs * timeScale));

  const declared = readClaims(own.claims ?? drill.claims, where, problems);
  if (problems.length > 0) throw new Problems(`drill ${drill.name} cannot be run`, problems);
  const notes: string[] = [];
  if (timeScale !== 1)
    notes.push(
      `timers and the RTO claim scaled by --time-scale ${timeScale}; latencies, replication lag and RPO are not`,
    );
  const claims = declared.map((claim) => scaleClaim(claim, timeScale, notes));
  const perSecond = rate ?? own.rate ?? drill.rate ?? DEFAULT_RATE;
  const fresh =
    own.population?.fresh ?? (own.population?.sticky === undefined ? 0.5 : 1 - own.population.sticky);
  return {
    profile: {
      name: drill.name,
      scenario: 'orders',
      startRatePerSecond: 0,
      stages: [
        { durationMs: RAMP_MS, targetPerSecond: perSecond, hold: false },
        { durationMs: endMs - RAMP_MS, targetPerSecond: perSecond, hold: true },
      ],
      claims: own.claims ?? drill.claims,
      population: { fresh, sticky: 1 - fresh },
      retries: own.retries ?? drill.retries ?? 0,
      thinkTimeMs: 0,
      weights: {},
    },
    record: {
      name: drill.name,
      hypothesis: drill.hypothesis,
      bite: drill.bite,
      expected: drill.expected ?? 'PASS',
      faults,
      losses: lossesOf(drill, faults),
      sustained: { ...sustained, windowMs },
      baseline: { fromMs: RAMP_MS, toMs: firstMs },
      claimsAsDeclared: declared,
    },
    claims,
    notes,
  };
}

function lossesOf(
  { faults: inputs }: DrillDefinition,
  faults: readonly PlannedFault[],
): ResolvedDrill['record']['losses'] {
  return inputs.flatMap(({ loss, on }, i) =>
    loss === true && on !== undefined
      ? [{ on, atMs: faults[i]!.injectAtMs, untilMs: faults[i]!.undoAtMs }]
      : [],
  );
}

/** Two faults of one thing at once: the second would take the first for what was there before, and put it back. */
function overlaps(faults: readonly (PlannedFault & { on: Side | null })[], where: string): Problem[] {
  return faults.flatMap((fault, i) => {
    const other = faults
      .slice(0, i)
      .find(
        (each) =>
          thingOf(each) === thingOf(fault) &&
          each.injectAtMs < fault.undoAtMs &&
          fault.injectAtMs < each.undoAtMs,
      );
    if (other === undefined) return [];
    const found = `${fault.id} and ${other.id} break the same thing at the same time.`;
    return [
      new Problem(
        'E_FAULT_OVERLAP',
        `${found} Expected one after the other. Move at or until.`,
        `${where}.faults`,
      ),
    ];
  });
}

function thingOf({ fault, on }: PlannedFault & { on: Side | null }): string {
  if (fault.startsWith('replication.')) return 'replication';
  const thing = fault === 'region.kill' || fault === 'region.freeze' ? 'process' : fault;
  return `${thing} ${on}`;
}

function layFault(
  input: FaultInput,
  index: number,
  firstMs: number,
  scaled: (text: string, path: string) => number,
): PlannedFault & { on: 'primary' | 'standby' | null } {
  return {
    id: `${index + 1}-${input.fault}`,
    fault: input.fault,
    on: input.on ?? null,
    region: null,
    injectAtMs: firstMs + scaled(input.at ?? '0s', `faults[${index}].at`),
    undoAtMs: firstMs + scaled(input.until, `faults[${index}].until`),
    args: input.args ?? {},
  };
}

function readClaims(texts: Readonly<Record<string, string>>, where: string, problems: Problem[]): Claim[] {
  const claims: Claim[] = [];
  for (const [id, text] of Object.entries(texts)) {
    const claim = parseClaim(id, text, ['order'], `${where}.claims.${id}`, 'drill');
    if (claim instanceof Problem) problems.push(claim);
    else claims.push(claim);
  }
  if (Object.keys(texts).length === 0)
    problems.push(
      new Problem(
        'E_CLAIM_MISSING',
        "nothing is claimed. Expected one claim at least. Write { rto: '<= 2m' }.",
        `${where}.claims`,
      ),
    );
  return claims;
}

/** Timers are scaled, and with them the time that a recovery may take; nothing else is. */
function scaleClaim(claim: Claim, timeScale: number, notes: string[]): Claim {
  if (claim.id !== 'rto' || timeScale === 1) return claim;
  const claimed = Number((claim.claimed * timeScale).toPrecision(12));
  const [declared, scaled] = [claim.claimed, claimed].map((s) => formatDuration(Math.round(s * 1000)));
  notes.push(`RTO claim: ${declared} at ${timeScale} = ${scaled}`);
  return { ...claim, claimed };
}

function readSustained(
  input: SustainedInput,
  where: string,
  take: <T>(value: T | Problem, otherwise: T) => T,
): SustainedRule {
  const path = `${where}.sustained`;
  return {
    windowMs: take(parseDuration(input.window ?? DEFAULT_SUSTAINED.window, `${path}.window`), 0),
    success: take(readShare(input.success ?? DEFAULT_SUSTAINED.success, `${path}.success`), 1),
    throughput: take(readShare(input.throughput ?? DEFAULT_SUSTAINED.throughput, `${path}.throughput`), 1),
    latencyTimes: take(readTimes(input.latency ?? DEFAULT_SUSTAINED.latency, `${path}.latency`), 1),
  };
}

function readShare(text: string, where: string): number | Problem {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  const share = match === null ? Number.NaN : Number(`${match[1]}e-2`);
  if (share > 0 && share <= 1) return share;
  return new Problem(
    'E_SUSTAINED',
    `${JSON.stringify(text)} is no share. Expected a percentage. Write "99%".`,
    where,
  );
}

function readTimes(text: string, where: string): number | Problem {
  const match = /^(\d+(?:\.\d+)?)x baseline p95$/.exec(text.trim());
  if (match !== null && Number(match[1]) >= 1) return Number(match[1]);
  return new Problem(
    'E_SUSTAINED',
    `${JSON.stringify(text)} is not taken. Expected a multiple of normal. Write "3x baseline p95".`,
    where,
  );
}
