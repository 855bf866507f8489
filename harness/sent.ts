/** The lines about the database at the end of a command, with the command that would send the run again. */
import { basename, relative, resolve } from 'node:path';
import type { Measurement } from '../measure/measurement.ts';
import { againCommand, grafanaLink, renderSent, type Sent } from '../reports/influx/words.ts';
import { SHARED_FLAGS } from './flags.ts';

export function describeSent(
  sent: Sent,
  { folder, measurement }: { folder: string; measurement: Measurement },
  flags: { config: string | undefined },
  screen: { columns: number; colour: boolean },
): string[] {
  // By its name where `npm run report` looks by itself.
  const isBelowDefault = resolve(SHARED_FLAGS['runs-dir'].default, basename(folder)) === folder;
  const run = isBelowDefault ? basename(folder) : relative(process.cwd(), folder);
  return renderSent(sent, {
    ...screen,
    again: againCommand(run, sent.url, flags.config),
    grafana: grafanaLink(process.env.GRAFANA_URL, measurement),
  });
}
