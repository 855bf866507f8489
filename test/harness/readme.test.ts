import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { requirePart } from '../require.ts';
import { it, load, ROOT } from './whole-run.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The TypeScript of a page, imports pointed at the checkout. */
const blocks = [...README.matchAll(/```ts\n(.*?)```/gs)].map(([, text]) => text!);

describe.runIf(requirePart('k6'))('the README', () => {
  it('shows a configuration and a scenario that run as they are', async ({ place }) => {
    const [config, scenario] = blocks;
    const at = (name: string): string => JSON.stringify(join(ROOT, name));
    place.write('stormproof.config.ts', config!.replace("'./harness/config.ts'", at('harness/config.ts')));
    place.writeScenario('checkout', '', '');
    place.write(
      'scenarios/checkout.ts',
      scenario!.replace("'./lib/scenario.ts'", at('scenarios/lib/scenario.ts')),
    );
    const flags = ['--profile', 'checkout', '--rate', '50', '--time-scale', '0.03'];
    const { code, said, verdict } = await load(place, flags, { env: { API_TOKEN: 'none' } });
    expect(code, said).not.toBe(2);
    const { planned, acknowledged } = verdict!.orders;
    expect(acknowledged).toBe(planned);
    expect(planned).toBeGreaterThan(80);
  });
});
