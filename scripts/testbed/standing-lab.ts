/** `npm run testbed -- --lab`: the standing lab in the foreground. */
import { EXIT_CODES } from '../../harness/exit-codes.ts';
import type { Timers } from '../../measure/drill.ts';
import type { LabState } from '../../testbed/lab/control.ts';
import { type Lab, startLab } from '../../testbed/lab/lab.ts';
import {
  ADDRESSES,
  CHECKERS,
  type LabShape,
  PRIMARY,
  SERVICE_PORT,
  STANDBY,
} from '../../testbed/lab/settings.ts';

/** @returns the exit status when it has been stopped. @throws Problem as `startLab` does */
export async function runStandingLab(seed: number, timeScale: number, shape: LabShape): Promise<number> {
  const lab = await startLab({ mode: 'standing', endsWithStarter: true, seed, timeScale, shape });
  const [state, timers] = await Promise.all([lab.control.state(), lab.control.timers()]);
  process.stdout.write(describeLab(lab, state, timers, timeScale));
  const ending = await new Promise<string>((resolve) => {
    lab.ended.then(resolve);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(''));
  });
  const left = await lab.stop();
  // Asked to end by its socket it has ended well.
  if (left === '' && (ending === '' || ending === 'The lab ended with status 0.')) {
    process.stdout.write('\nstopped: nothing of the lab is left\n');
    return EXIT_CODES.pass.code;
  }
  process.stderr.write([ending, left].filter(Boolean).join('\n').concat('\n'));
  return EXIT_CODES.bug.code;
}

export function describeLab(
  { socket, identity, enter, target }: Pick<Lab, 'socket' | 'identity' | 'enter' | 'target'>,
  { seed, dns, regions }: Pick<LabState, 'seed' | 'dns' | 'regions'>,
  { healthCheck, ttlMs, scale }: Timers,
  timeScale: number,
): string {
  const { intervalMs, threshold, timeoutMs } = healthCheck;
  const raised =
    scale === null ? '' : `, raised to ${scale.scaleTo} on failover, which takes ${scale.startMs} ms`;
  const nsenter = /nsenter .*? --(?= )/.exec(enter[2]!)![0].replace('"$0"', enter[3]!);
  const curl = `curl -s --unix-socket ${socket}`;
  return `${[
    `lab  ${target}, seen from inside alone  (process ${identity.pid}, seed ${seed}, time scale ${timeScale})`,
    '',
    `  ${PRIMARY}   ${ADDRESSES[PRIMARY]}:${SERVICE_PORT}, ${regions[PRIMARY].usual} tasks`,
    `  ${STANDBY}   ${ADDRESSES[STANDBY]}:${SERVICE_PORT}, ${regions[STANDBY].usual} tasks${raised}`,
    `  name    ${dns.name} resolves to ${dns.region}, TTL ${ttlMs / 1000} s`,
    `  health  ${CHECKERS} checkers a region, every ${intervalMs} ms, ${threshold} answers in a row, timeout ${timeoutMs} ms`,
    `  socket  ${socket}`,
    '',
    'go in, with a shell or any other command',
    `  ${nsenter} sh`,
    `  ${nsenter} curl -s ${target}/healthz`,
    'look',
    `  ${curl} http://lab/state`,
    `  ${curl} -N http://lab/events`,
    'break it: expect is the version that stands in the state; after expiresMs it undoes itself',
    `  ${curl} -X PUT -d '{"value":"killed","expect":0,"expiresMs":10000}' http://lab/slots/seoul.process`,
    '',
    'ctrl-C stops it and leaves nothing',
  ].join('\n')}\n`;
}
