/** A whole drill by its request, as JSON: for who wants the lab's own truth, which no flag gives. */
import { type DrillRequest, runDrill } from '../../chaos/drill.ts';

const request = JSON.parse(process.argv[2]!) as DrillRequest;
const { folder } = await runDrill(request, () => {});
process.stdout.write(`\nfolder ${folder}\n`);
