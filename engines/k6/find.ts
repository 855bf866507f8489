import { fileURLToPath } from 'node:url';
import { Problem } from '../../measure/problem.ts';
import { explainWish, type K6, K6_INSTALL_URL, searchK6 } from './search.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The k6 to generate load with: `K6_BIN`, `PATH` or `.tools/k6`, the first that is v1 or v2.
 * @throws Problem E_K6_BIN when K6_BIN names none, E_K6_NOT_FOUND when there is none
 */
export async function findK6(environment: NodeJS.ProcessEnv = process.env): Promise<K6> {
  const search = await searchK6(ROOT, environment);
  if (search.found !== null) return search.found;
  if (search.explicit) throw new Problem('E_K6_BIN', explainWish(search));
  throw new Problem(
    'E_K6_NOT_FOUND',
    `${search.refused.join('; ') || 'no k6 on the PATH or in .tools'}. Expected k6 v1 or v2. ` +
      `Run node scripts/setup.mjs, or install it: ${K6_INSTALL_URL}`,
  );
}
