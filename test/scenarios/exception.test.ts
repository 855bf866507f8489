import { describe, expect, it } from 'vitest';
import { SCENARIO_EXCEPTION } from '../../measure/outcome.ts';
import { requirePart } from '../require.ts';
import { type RunRequest, runScenario, startServer } from './rig.ts';

async function run(source: string, request: Partial<RunRequest> = {}) {
  const server = await startServer((_, response) => {
    response.writeHead(201).end();
  });
  const result = await runScenario({
    scenario: { source },
    origin: server.origin,
    perSecond: 40,
    ...request,
  });
  await server.close();
  return result;
}

const scenario = (iteration: string): string => `import { defineScenario } from 'LIB/scenario.ts';

export default defineScenario({
  operations: { order: { success: 201 } },
  iteration({ send, seq }) {
    ${iteration}
  },
});
`;

describe.runIf(requirePart('k6'))('an exception in a scenario', () => {
  it('writes a line for each, and names the TypeScript line in the log, once a client', async () => {
    const { attempts, log, malformed } = await run(
      scenario(`if (seq % 2 === 1) throw new TypeError('planted ' + seq);
    send('order', 'POST', '/x', '{}');`),
    );
    expect(malformed).toBe(0);
    const exceptions = attempts.filter(({ op }) => op === 'exception');
    expect(exceptions.map(({ seq }) => Number(seq.slice(1)) % 2)).toEqual(Array(20).fill(1));
    expect(
      exceptions.every(({ status, errorCode }) => status === 0 && errorCode === SCENARIO_EXCEPTION),
    ).toBe(true);
    expect(attempts.filter(({ op }) => op === 'order')).toHaveLength(20);
    expect(log).toMatch(/TypeError: planted \d+/);
    expect(log).toMatch(/scenarios\/planted\.ts:6:\d+/);
    const logged = log.match(/TypeError: planted/g)!.length;
    expect(logged).toBeLessThanOrEqual(20);
  });

  it('is thrown once by a client, however often it happens', async () => {
    const { attempts, log } = await run(scenario(`throw new Error('planted');`), {
      saturation: { vus: 2, durationMs: 1000 },
    });
    expect(attempts.length).toBeGreaterThan(100);
    expect(log.match(/Error: planted/g)).toHaveLength(2);
  });

  it('is what an operation that was not declared, and an iteration that sends nothing, come to', async () => {
    const misspelled = await run(scenario(`send('ordr' as 'order', 'POST', '/x', '{}');`), { perSecond: 5 });
    expect(misspelled.attempts.map(({ op }) => op)).toEqual(Array(5).fill('exception'));
    expect(misspelled.log).toContain('ordr is not among the operations of the scenario');
    const idle = await run(scenario(`if (seq < 0) send('order', 'POST', '/x');`), { perSecond: 5 });
    expect(idle.attempts.map(({ op }) => op)).toEqual(Array(5).fill('exception'));
    expect(idle.log).toContain('the iteration has sent nothing');
  });
});

describe.runIf(requirePart('k6'))('a scenario in modern TypeScript', () => {
  it('runs as it is bundled: classes with private fields, optional chaining, logical assignment', async () => {
    const { attempts, log } = await run(
      `import { check } from 'k6';
${scenario(`const counter = new Counter();
    counter.add(seq)?.add(1);
    let path: string | undefined;
    path ??= counter.path;
    check(path, { 'is a path': (each) => each.startsWith('/') });
    const { length, ...rest } = { length: 1, other: [1, 2, 3].at(-1) };
    send('order', 'POST', path, JSON.stringify({ length, rest, big: String(2n ** 40n) }));`)}
class Counter {
  static readonly NAME = 'counter';
  #sum = 0;
  label = Counter.NAME;
  add(n: number): this { this.#sum += n; return this; }
  get path(): string { return \`/\${this.label}/\${this.#sum}\`; }
}
`,
      { perSecond: 5 },
    );
    expect(log).toBe('');
    expect(attempts.map(({ status }) => status)).toEqual(Array(5).fill(201));
  });
});
