/** A profile made ready to run: scaled, its window found, its claims parsed and proved possible. */
import { claimTitle, parseClaim, parseClaimId } from '../measure/claims.ts';
import type { Stage } from '../measure/plan.ts';
import { Problem, Problems } from '../measure/problem.ts';
import { didYouMean } from '../measure/suggest.ts';
import { Ticks } from '../measure/ticks.ts';
import type { Claim } from '../measure/verdict.ts';
import type { Config, Profile } from './config.ts';
import { formatDuration } from './duration.ts';
import { findWindow, scaleStages } from './window.ts';

export interface ResolvedProfile {
  name: string;
  scenario: string;
  startRatePerSecond: number;
  /** What the generator is to follow, before it is split among populations. The judged stages are marked `hold`. */
  stages: Stage[];
  /** Before `--time-scale` and `--rate`. */
  stagesAsDeclared: Stage[];
  claims: Claim[];
  /** Together 1. */
  populationShares: { sticky: number; fresh: number };
  retries: number;
  thinkTimeMs: number;
  weights: Readonly<Record<string, number>>;
  /** How long one request may take. */
  timeoutMs: number;
  /** Where claims are judged, ms on the run's clock. */
  window: { fromMs: number; toMs: number };
  /** What was changed on the way, as sentences without a full stop. */
  notes: string[];
}

export interface ProfileOptions {
  /** The highest rate, arrivals a second: the others and the throughput claims follow in proportion. */
  rate?: number | undefined;
  /** Multiplies durations and the windows of claims. */
  timeScale?: number | undefined;
  /** The operations that the scenario may send; null or left out where that is not known yet. */
  operations?: readonly string[] | null | undefined;
  /** Read already, and scaled: those of a drill. Else the profile's own are read. */
  claims?: readonly Claim[] | undefined;
}

/**
 * Makes a profile ready to run.
 * @throws Problem for a name that there is not, Problems for claims that its scenario or its plan cannot answer
 */
export function resolveProfile(config: Config, name: string, options: ProfileOptions = {}): ResolvedProfile {
  const profile = Object.hasOwn(config.profiles, name) ? config.profiles[name] : undefined;
  if (profile === undefined) {
    const known = Object.keys(config.profiles);
    const near = didYouMean(name, known) || ` Expected one of ${known.join(', ')}.`;
    throw new Problem('E_PROFILE_UNKNOWN', `no such profile: ${JSON.stringify(name)}.${near}`, '--profile');
  }
  const { resolved, problems } = resolve(profile, config.service.timeoutMs, options, `profiles.${name}`);
  if (problems.length > 0) throw new Problems(`profile ${name} cannot be run`, problems);
  return resolved!;
}

/**
 * Every mistake of a profile that its shape does not show.
 * @param profile whole, or only its claims where the rest could not be read
 * @param where path into the configuration
 */
export function findProfileMistakes(profile: Profile | Pick<Profile, 'claims'>, where: string): Problem[] {
  if (!('stages' in profile)) return parseClaims(profile.claims, null, where).problems;
  const { sticky, fresh } = profile.population;
  const problems: Problem[] = [];
  // A thousandth of slack: shares are typed in decimals, and a third has no last digit.
  if (Math.abs(sticky + fresh - 1) > 0.001) {
    problems.push(
      new Problem(
        'E_POPULATION',
        `the shares sum to ${sticky + fresh}. Expected 1. Leave one out, and it is the rest.`,
        `${where}.population`,
      ),
    );
  }
  const weights = Object.values(profile.weights);
  if (weights.length > 0 && !weights.some((weight) => weight > 0)) {
    problems.push(
      new Problem(
        'E_WEIGHTS',
        'every weight is 0: nothing would be done. Expected one above 0.',
        `${where}.weights`,
      ),
    );
  }
  return [...problems, ...resolve(profile, 0, {}, where).problems];
}

function resolve(
  profile: Profile,
  timeoutMs: number,
  { rate, timeScale = 1, operations = null, claims: given }: ProfileOptions,
  where: string,
): { resolved: ResolvedProfile | null; problems: Problem[] } {
  const { problems, claims: declared } =
    given === undefined
      ? parseClaims(profile.claims, operations, where)
      : { problems: [] as Problem[], claims: given };
  const found = findWindow(profile.startRatePerSecond, profile.stages, `${where}.stages`);
  if (found instanceof Problem) return { resolved: null, problems: [found, ...problems] };

  const notes = [...found.notes];
  const peak = Math.max(profile.startRatePerSecond, ...found.stages.map((stage) => stage.targetPerSecond));
  const wanted = rate ?? peak;
  if (wanted !== peak)
    notes.push(
      `highest rate scaled from ${perSecond(peak)} to ${perSecond(wanted)} by --rate ${count(wanted)}`,
    );
  // Rounded to whole rates, which is all that the generator takes, but never to none.
  const scaleRate = (each: number): number =>
    each === 0 ? 0 : Math.max(1, Math.round((each * wanted) / peak));
  const startRatePerSecond = scaleRate(profile.startRatePerSecond);
  const scaled = scaleStages(found.stages, timeScale);
  notes.push(...scaled.notes);
  const stages = scaled.stages.map((stage) => ({
    ...stage,
    targetPerSecond: scaleRate(stage.targetPerSecond),
  }));

  const claims = declared.map((claim) => {
    const byTime = scaleClaimWindow(claim, timeScale, operations, notes);
    return wanted === peak ? byTime : scaleThroughput(byTime, wanted, peak, notes);
  });
  const window = windowOf(stages);
  problems.push(...impossible(claims, startRatePerSecond, stages, window, where));
  return {
    resolved: {
      name: profile.name,
      scenario: profile.scenario,
      startRatePerSecond,
      stages,
      stagesAsDeclared: found.stages,
      claims,
      populationShares: profile.population,
      retries: profile.retries,
      thinkTimeMs: profile.thinkTimeMs,
      weights: profile.weights,
      timeoutMs,
      window,
      notes,
    },
    problems,
  };
}

function parseClaims(
  claims: Profile['claims'],
  operations: readonly string[] | null,
  where: string,
): { claims: Claim[]; problems: Problem[] } {
  const parsed = Object.entries(claims).map(([id, text]) =>
    parseClaim(id, text, operations, `${where}.claims.${id}`),
  );
  const problems = parsed.filter((each) => each instanceof Problem);
  // A run that promises nothing would pass whatever happened.
  if (parsed.length === 0) {
    problems.push(
      new Problem(
        'E_CLAIM_MISSING',
        "nothing is claimed, so nothing could fail. Expected one claim at least. Write { errors: '< 1%' }.",
        `${where}.claims`,
      ),
    );
  }
  return { claims: parsed.filter((each): each is Claim => !(each instanceof Problem)), problems };
}

/** The held stages, which are contiguous. */
function windowOf(stages: readonly Stage[]): { fromMs: number; toMs: number } {
  const first = stages.findIndex((stage) => stage.hold);
  const last = stages.findLastIndex((stage) => stage.hold);
  const until = (end: number): number =>
    stages.slice(0, end).reduce((sum, stage) => sum + stage.durationMs, 0);
  return { fromMs: until(first), toMs: until(last + 1) };
}

/** `latency.p95@10s` at 0.2 is `latency.p95@2s`: whole seconds, one at least, never more than in proportion. */
function scaleClaimWindow(
  claim: Claim,
  timeScale: number,
  operations: readonly string[] | null,
  notes: string[],
): Claim {
  const windowMs = parseClaimId(claim.id)?.windowMs ?? null;
  if (windowMs === null || timeScale === 1) return claim;
  const seconds = Math.max(1, Math.floor((windowMs / 1000) * timeScale + 1e-9));
  const id = `${claim.id.slice(0, claim.id.indexOf('@'))}@${seconds}s`;
  if (id === claim.id) return claim;
  notes.push(`${claim.id} judged in every ${seconds} s by --time-scale ${timeScale}`);
  return { ...claim, id, title: claimTitle(id, operations) };
}

function scaleThroughput(claim: Claim, wanted: number, peak: number, notes: string[]): Claim {
  if (parseClaimId(claim.id)?.kind !== 'throughput') return claim;
  const claimed = roundDown((claim.claimed * wanted) / peak);
  notes.push(
    `${claim.id} claim scaled from ${perSecond(claim.claimed)} to ${perSecond(claimed)} by --rate ${count(wanted)}`,
  );
  return { ...claim, claimed };
}

/** To a whole number, below 1,000 to three digits: downwards, so that rounding alone makes no claim impossible. */
function roundDown(value: number): number {
  const step = value >= 1000 ? 1 : 10 ** (Math.floor(Math.log10(Math.max(value, 1e-9))) - 2);
  return Number((Math.floor(value / step + 1e-9) * step).toPrecision(12));
}

/** Claims that this plan could never meet, or never answer. */
function impossible(
  claims: readonly Claim[],
  startRatePerSecond: number,
  stages: readonly Stage[],
  window: { fromMs: number; toMs: number },
  where: string,
): Problem[] {
  const problems: Problem[] = [];
  const ticks = new Ticks({ startRatePerSecond, stages });
  const seen = new Set<string>();
  for (const claim of claims) {
    const at = `${where}.claims.${claim.id}`;
    const id = parseClaimId(claim.id)!;
    const windowMs = window.toMs - window.fromMs;
    const stretchMs = id.windowMs ?? windowMs;
    if (seen.has(claim.id)) {
      problems.push(
        new Problem(
          'E_CLAIM_TWICE',
          'two claims have become one by --time-scale. Expected different windows. Use a larger --time-scale.',
          at,
        ),
      );
    }
    seen.add(claim.id);
    if (stretchMs > windowMs) {
      problems.push(
        new Problem(
          'E_CLAIM_WINDOW',
          `it wants ${formatDuration(stretchMs)}, and the plan holds for ${formatDuration(windowMs)}. Expected no more than that. Hold longer or shorten the window.`,
          at,
        ),
      );
    } else if (id.kind === 'throughput') {
      const offered = leastOffered(ticks, window, stretchMs);
      // Ticks fall on whole arrivals: one more or less in the window is no promise broken.
      const perArrival = 1000 / stretchMs;
      if (claim.op === '>' ? claim.claimed >= offered + perArrival : claim.claimed > offered + perArrival) {
        problems.push(
          new Problem(
            'E_CLAIM_UNREACHABLE',
            `the plan offers ${perSecond(offered)} there, so ${perSecond(claim.claimed)} could never pass. Lower the claim or raise the stages.`,
            at,
          ),
        );
      }
    }
  }
  return problems;
}

/** The least rate that is offered in any stretch of the window, stretches laid end to end. */
function leastOffered(ticks: Ticks, window: { fromMs: number; toMs: number }, stretchMs: number): number {
  let least = Infinity;
  for (let fromMs = window.fromMs; fromMs + stretchMs <= window.toMs; fromMs += stretchMs) {
    least = Math.min(least, ((ticks.dueBy(fromMs + stretchMs) - ticks.dueBy(fromMs)) * 1000) / stretchMs);
  }
  return least;
}

const count = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 });
const perSecond = (value: number): string => `${count(value)}/s`;
