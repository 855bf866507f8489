import { defineConfig } from './harness/config.ts';

// Everything here has a default. `npm run load` starts the built-in order service; to aim at your own, list its
// origin under `targets` and pass it with `--target`. Secrets: `import { env }` and write `env('API_TOKEN')`.
export default defineConfig({
  // Origins that may be loaded; loopback always may.
  targets: [],
  service: {
    url: '/api/v1/orders',
    success: 201,
    regionHeader: 'x-region',
    timeout: '1s',
  },
  // smoke, quick, staged, soak and spike are built in. A profile of the same name replaces the parts that it names.
  profiles: {},
});
