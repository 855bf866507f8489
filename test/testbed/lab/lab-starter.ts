/** A process that starts a lab, says which, and waits to be killed: `lab-starter.ts SETTINGS`. */
import { startLab } from '../../../testbed/lab/lab.ts';

const { identity, socket, enter } = await startLab(JSON.parse(process.argv[2]!));
process.stdout.write(`${JSON.stringify({ identity, socket, enter })}\n`);
setInterval(() => {}, 60_000);
