/** Runs with a known story: what renderers are tested with. Each takes a seed and is the same for the same seed. */
import type { Measurement } from '../../measure/measurement.ts';
import { CLAIMS, measurementOf, ZERO_MS } from './story.ts';

/** PASS: 10,100 a second, a few unknown. */
export function passed(seed = 7): Measurement {
  return measurementOf({ seed });
}

/** FAIL: a stall at 00:12-00:14 drops arrivals, then the service answers 503 for a while. */
export function failed(seed = 11): Measurement {
  return measurementOf({
    seed,
    weather: (second) => {
      if (second === 12 || second === 13)
        return { medianMs: 240, sigma: 0.8, droppedShare: 0.22, unknownShare: 0.08 };
      if (second === 14)
        return { medianMs: 60, sigma: 1.2, unknownShare: 0.01, errors: { timeout: 0.4, reset: 0.6 } };
      if (second > 14 && second < 19) {
        return {
          medianMs: 3,
          refusedShare: 0.004,
          unknownShare: 0.02,
          errors: { '503': 0.7, reset: 0.12, '429': 0.18 },
        };
      }
      return {};
    },
    judge: {
      throughput: { verdict: 'FAIL', reason: '2.39 % under the claim: 7,182/s at 00:12-00:14' },
      'latency.p95': { verdict: 'FAIL', reason: '373 ms over the claim: ∞ at 00:12-00:14' },
      'latency.p99': { verdict: 'FAIL', reason: 'more than 1 % of the planned arrivals were never served' },
      errors: { verdict: 'FAIL', reason: '0.18 % over the claim: 8 % at 00:12-00:14' },
      availability: { verdict: 'FAIL', reason: '3.34 % under the claim: 71.1 % at 00:12-00:14' },
    },
    reasons: [
      'P95 latency was 473 ms, claimed < 100 ms: at 00:12-00:14 3 in 10 arrivals were never served',
      'throughput was 9,761/s, claimed ≥ 10,000/s: it fell to 7,182/s at 00:12-00:14',
    ],
  });
}

/** INCONCLUSIVE: the generator was late by tens of milliseconds for half of the plateau. */
export function lateGenerator(seed = 13): Measurement {
  const reason =
    'the generator was late by 48 ms at p99: 2 cores cannot offer 10,100/s here; lower the rate or use a bigger machine';
  return measurementOf({
    seed,
    weather: (second) =>
      second > 9 && second < 20 ? { lateP99Ms: 20 + second * 1.4, cpu: 0.97, medianMs: 9 } : {},
    judge: {
      'latency.p95': { verdict: 'INCONCLUSIVE', reason },
      'latency.p99': { verdict: 'INCONCLUSIVE', reason },
    },
    reasons: [reason],
    saturated: true,
  });
}

/** ABORTED: ctrl-c at 00:11.4. */
export function aborted(seed = 17): Measurement {
  return measurementOf({
    seed,
    cutAfterSeconds: 12,
    verdict: 'ABORTED',
    reasons: ['stopped by SIGINT at 00:11.4: judged is what there was until then'],
    events: [
      { t: ZERO_MS + 11_400, kind: 'signal', observed: true, signal: 'SIGINT' },
      {
        t: ZERO_MS + 11_650,
        kind: 'generator.exited',
        observed: true,
        code: 105,
        signal: null,
        complete: false,
        cause: 'k6 was told to stop',
      },
    ],
  });
}

/** ABORTED before the first second: there is nothing to draw. */
export function abortedAtOnce(seed = 19): Measurement {
  return measurementOf({
    seed,
    cutAfterSeconds: 0,
    verdict: 'ABORTED',
    reasons: ['stopped by SIGINT before the first arrival'],
    events: [{ t: ZERO_MS - 100, kind: 'signal', observed: true, signal: 'SIGINT' }],
  });
}

/** An hour at 2,000/s in two regions, with one bad second at 1,801. */
export function hour(seed = 23): Measurement {
  return measurementOf({
    seed,
    profile: 'soak',
    stages: [
      { durationMs: 60_000, targetPerSecond: 2_000, hold: false },
      { durationMs: 3_510_000, targetPerSecond: 2_000, hold: true },
      { durationMs: 30_000, targetPerSecond: 0, hold: false },
    ],
    claims: CLAIMS.map((claim) => (claim.id === 'throughput' ? { ...claim, claimed: 1_980 } : claim)),
    weather: (second) => ({
      regions: { seoul: second < 2_000 || second > 2_400 ? 0.7 : 0.2, tokyo: 1 },
      medianMs: 1 + 0.3 * Math.sin(second / 200),
      ...(second === 1_801 ? { medianMs: 700, sigma: 0.3, droppedShare: 0.5 } : {}),
    }),
    judge: { availability: { verdict: 'FAIL', reason: '1,000 of 7,020,000 arrivals unserved' } },
    reasons: ['availability was 99.986 %, claimed ≥ 99.99 %: 1,000 arrivals were dropped at 30:01'],
  });
}

/** Nothing was ever acknowledged: the target refused every arrival, so every percentile is infinite. */
export function withoutLatency(seed = 29): Measurement {
  return measurementOf({
    seed,
    weather: () => ({ refusedShare: 1, unknownShare: 0, errors: { '404': 1 } }),
    reasons: ['none of 202,000 arrivals was acknowledged: every one was answered 404'],
  });
}

/** Text that tries to leave its element: every string that comes from outside is hostile. */
export function hostile(seed = 31): Measurement {
  const evil = `</script><script>window.broken = 1</script><img src=x onerror="window.broken=1">'"&<!--`;
  const measurement = aborted(seed);
  return {
    ...measurement,
    run: {
      ...measurement.run,
      run: evil,
      profile: evil,
      target: { url: `http://127.0.0.1/${evil}`, testbed: false },
      command: evil,
      notes: [evil],
      machine: { ...measurement.run.machine, cpuModel: evil },
      service: { ...measurement.run.service, host: evil, headers: { [evil]: evil } },
    },
    verdict: {
      ...measurement.verdict,
      run: evil,
      reasons: [evil, evil],
      claims: measurement.verdict.claims.map((claim) => ({ ...claim, title: evil, reason: evil })),
    },
    seconds: measurement.seconds.map((second) => ({
      ...second,
      errors: { [evil]: 3 },
      regions: { [evil]: second.acknowledged },
    })),
    distributions: measurement.distributions.map((distribution) => ({ ...distribution, op: evil })),
    events: [
      ...measurement.events,
      { t: ZERO_MS + 11_900, kind: 'signal', observed: true, signal: evil },
      {
        t: ZERO_MS + 11_950,
        kind: 'generator.exited',
        observed: true,
        code: 1,
        signal: null,
        complete: false,
        cause: evil,
      },
    ],
  };
}
