import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clone } from './clone.ts';

let clone: Clone;
beforeEach(() => {
  clone = new Clone();
  clone.program('chromium', 'exit 0');
  clone.program('nginx', 'exit 0');
});
afterEach(() => clone.remove());

/** A planted `npm test` that writes vitest's results where it is told to, and ends with a status. */
function plantTests(results: object | null, status: number, before = ''): void {
  clone.write('results.json', JSON.stringify(results ?? {}));
  const write =
    results === null
      ? ''
      : `for a in "$@"; do case "$a" in --outputFile.json=*) cat results.json > "\${a#*=}";; esac; done`;
  clone.program(
    'npm',
    `echo "$STORMPROOF_REQUIRE $@" > ${clone.root}/called; ${before} ${write}\nexit ${status}`,
  );
}

const results = (passed: number, failed: number, more: object = {}) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...more,
});

async function run(): Promise<{ code: number | null; last: string | undefined }> {
  const { code, stdout } = await clone.start('bash', ['.ci/run'], { STORMPROOF_CI_LIMIT: '30' }).finished;
  return { code, last: stdout.trimEnd().split('\n').at(-1) };
}

describe('.ci/run', () => {
  it('closes with what passed, and demands every part', async () => {
    plantTests(results(41, 0, { numPendingTests: 2, numTodoTests: 1 }), 0);
    expect(await run()).toEqual({ code: 0, last: '41 passed, 0 failed, 3 skipped' });
    expect(clone.read('called')).toMatch(
      /^k6,nginx,chromium,influxd,lab,redis test -- --reporter=default --reporter=json /,
    );
  });

  it('fails with the number of tests that failed', async () => {
    plantTests(results(40, 2), 1);
    expect(await run()).toEqual({ code: 1, last: '40 passed, 2 failed' });
  });

  it('counts a lint or type error, after which no test ran, as one failure', async () => {
    plantTests(null, 1);
    expect(await run()).toEqual({ code: 1, last: '0 passed, 1 failed' });
  });

  it('counts missing coverage as one failure', async () => {
    plantTests(results(41, 0), 1);
    expect(await run()).toEqual({ code: 1, last: '41 passed, 1 failed' });
  });

  it('counts a file that did not load as one failure', async () => {
    plantTests(
      results(41, 0, { testResults: [{ name: 'a.test.ts', status: 'failed', assertionResults: [] }] }),
      1,
    );
    expect(await run()).toEqual({ code: 1, last: '41 passed, 1 failed' });
  });

  it('stops tests that take too long, and still closes', async () => {
    plantTests(null, 0, 'exec sleep 60;');
    const { code, stdout } = await clone.start('bash', ['.ci/run'], { STORMPROOF_CI_LIMIT: '1' }).finished;
    expect(code).toBe(124);
    expect(stdout.trimEnd().split('\n')).toEqual(['stopped after 1 s', '0 passed, 1 failed']);
  });
});
