/** A process that starts a testbed, says where it is, and waits to be killed. */
import { startTestbed } from '../../testbed/testbed.ts';

const { url, regions } = await startTestbed();
process.stdout.write(`${JSON.stringify({ url, pid: regions[0]!.pid })}\n`);
setInterval(() => {}, 60_000);
