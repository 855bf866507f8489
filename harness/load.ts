/** A load run: from a profile's name to a verdict with its evidence. */
import { startTestbed, type Testbed } from '../testbed/testbed.ts';
import { loadConfig } from './config.ts';
import { dialTarget } from './dial.ts';
import { type FinishedRun, liveThrough } from './life.ts';
import { type Prepared, prepareRun } from './prepare.ts';
import { onStopSignals, type StopSignals } from './signals.ts';
import { checkTarget } from './targets.ts';

export interface LoadRequest {
  config: string | undefined;
  profile: string;
  rate: number | undefined;
  target: string | undefined;
  /** As `resolveInflux` takes it. */
  influx: string | undefined;
  runsDir: string;
  timeScale: number;
  seed: number;
  /** What the person typed, for the report: it runs the same again. */
  command: string;
}

/**
 * Runs a load and judges it.
 * @throws Problem or Problems for what a person can mend, before anything was sent
 */
export async function runLoad(request: LoadRequest): Promise<FinishedRun> {
  const signals = onStopSignals();
  try {
    const config = await loadConfig(request.config);
    const target =
      request.target === undefined ? null : checkTarget(request.target, config.targets, config.file);
    const prepared = await prepareRun(config, request.profile, request);
    const testbed = target === null ? await startTestbed({ seed: request.seed }) : null;
    try {
      return await load(request, prepared, target ?? testbed!.url, testbed, signals);
    } finally {
      await testbed?.stop();
    }
  } finally {
    signals.forget();
  }
}

async function load(
  request: LoadRequest,
  prepared: Prepared,
  target: string,
  testbed: Testbed | null,
  signals: StopSignals,
): Promise<FinishedRun> {
  return liveThrough({
    request,
    prepared,
    target,
    testbed: testbed !== null,
    signals,
    // No reason not to run: a target that is down is a FAIL, which a gate must see.
    warning: testbed === null ? await dialTarget(target) : '',
    begin: ({ log }) => {
      testbed?.onExit((exit) =>
        log.write({
          t: Date.now(),
          kind: 'region.health',
          observed: true,
          region: exit.region,
          healthy: false,
          cause: exit.signal === null ? `ended with status ${exit.code}` : `was killed by ${exit.signal}`,
        }),
      );
    },
  });
}
