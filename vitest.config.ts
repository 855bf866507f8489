import { defineConfig } from 'vitest/config';

/** What they claim of latencies and rates holds only where nobody else uses the machine. */
const ALONE = [
  'test/chaos/drill.test.ts',
  'test/chaos/redis.test.ts',
  'test/harness/starved.test.ts',
  'test/harness/load.test.ts',
  'test/harness/report.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two files, each with so many tests at a time.
    maxConcurrency: 3,
    // A process and its modules for each file cost more than most files.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'beside',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
    coverage: {
      provider: 'v8',
      include: [
        'chaos/**',
        'harness/**',
        'engines/**',
        'measure/**',
        'reports/**',
        'testbed/**',
        'scripts/**',
      ],
      // What measures is not what is tested.
      exclude: ['scripts/bench/**', 'scripts/bench.ts'],
      reporter: ['text-summary'],
      thresholds: { lines: 80 },
    },
  },
});
