import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    // Two cores: files that start k6 or Chromium beside each other disturb what they measure.
    maxWorkers: 1,
    coverage: {
      provider: 'v8',
      include: ['harness/**', 'engines/**', 'measure/**', 'reports/**', 'testbed/**', 'scripts/**'],
      // What measures is not what is tested.
      exclude: ['scripts/bench/**', 'scripts/bench.ts'],
      reporter: ['text-summary'],
      thresholds: { lines: 80 },
    },
  },
});
