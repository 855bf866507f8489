/** A process that starts two regions, says which processes they have, and waits to be killed. */
import { startRig } from './rig.ts';

const { seoul, tokyo } = await startRig();
process.stdout.write(`${JSON.stringify([...seoul.pids(), ...tokyo.pids()])}\n`);
setInterval(() => {}, 60_000);
