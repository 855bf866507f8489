import { describe, expect, it } from 'vitest';
import { generatorEnvironment } from '../../engines/k6/engine.ts';
import { explainExit } from '../../engines/k6/exit.ts';
import { clientsFor } from '../../engines/vus.ts';

const end = (changes: Partial<Parameters<typeof explainExit>[0]>) =>
  explainExit({ code: 0, signal: null, stderr: '', stderrLines: 0, log: '', ...changes });

describe("the generator's end", () => {
  it('is complete when k6 ended by itself with status 0', () => {
    expect(end({})).toEqual({ complete: true, cause: '' });
  });

  it.each([
    [{ code: 137 }, /killed by SIGKILL .*memory/],
    [{ signal: 'SIGTERM', code: null }, /killed by SIGTERM/],
    [{ code: 127 }, /could not be started/],
    [{ code: 104 }, /configuration invalid/],
    [{ code: 109 }, /panicked/],
    [{ code: 42 }, /status 42/],
    [
      {
        code: 107,
        log: 'ReferenceError: nothing is not defined\n\tat file:///x/scenarios/mine.ts:7:3(12)\n',
      },
      /threw while it was loaded: ReferenceError: nothing is not defined at scenarios\/mine\.ts:7:3/,
    ],
    [
      { stderr: 'Failed to write to log, write evidence.csv: no space left on device\n' },
      /no space left on the disk/,
    ],
  ])('is not complete for %j, and says why', (changes, cause) => {
    expect(end(changes)).toMatchObject({ complete: false, cause: expect.stringMatching(cause) });
  });

  it('tells a status of its own from the number of a signal', () => {
    expect(end({ code: 255, stderr: 'invalid log level' })).toEqual({
      complete: false,
      cause: 'k6 ended with status 255: invalid log level',
    });
  });

  it('is complete but not silent when iterations threw', () => {
    const log = 'TypeError: Cannot read property of undefined\n\tat iteration (scenarios/mine.ts:9:5(3))\n';
    expect(end({ log })).toEqual({
      complete: true,
      cause: 'TypeError: Cannot read property of undefined at scenarios/mine.ts:9:5',
    });
  });
});

describe("the generator's environment", () => {
  const job = { target: 'http://127.0.0.1:1', headers: { authorization: 'secret' }, heapLimitBytes: null };

  it('has no proxy and no variable that would change the plan or hide CPUs', () => {
    const environment = generatorEnvironment(
      {
        K6_VUS: '3',
        GOMAXPROCS: '1',
        http_proxy: 'http://proxy',
        HTTPS_PROXY: 'x',
        No_Proxy: 'y',
        ALL_PROXY: 'z',
        PATH: '/bin',
      },
      job,
      '1.1',
    );
    expect(Object.keys(environment).sort()).toEqual([
      'GODEBUG',
      'GOGC',
      'HOME',
      'PATH',
      'STORMPROOF_HEADERS',
      'STORMPROOF_TARGET',
    ]);
    expect(environment).toMatchObject({ HOME: '/', GODEBUG: 'http2client=0' });
  });
});

describe('the clients of a plan', () => {
  const GB = 1e9;

  it('cover a whole timeout at the highest rate', () => {
    const machine = { memoryBytes: 32 * GB, allowedCpus: 8 };
    expect(clientsFor([{ peakPerSecond: 2000, iterationMaxMs: 1000 }], machine)).toEqual([2000]);
  });

  it.each([
    ['the cap', 50_000, 32 * GB, 8, 4000],
    ['a quarter of the memory', 10_000, 4 * GB, 8, 1111],
    ['the CPUs', 10_000, 32 * GB, 2, 1000],
    ['the least', 10, 32 * GB, 8, 200],
  ])('are bounded by %s', (_, peakPerSecond, memoryBytes, allowedCpus, count) => {
    expect(clientsFor([{ peakPerSecond, iterationMaxMs: 1000 }], { memoryBytes, allowedCpus })).toEqual([
      count,
    ]);
  });

  it('are shared among populations by need', () => {
    const [sticky, fresh] = clientsFor(
      [
        { peakPerSecond: 3000, iterationMaxMs: 1000 },
        { peakPerSecond: 1000, iterationMaxMs: 1000 },
      ],
      { memoryBytes: 32 * GB, allowedCpus: 8 },
    );
    expect([sticky, fresh]).toEqual([3000, 1000]);
  });
});
