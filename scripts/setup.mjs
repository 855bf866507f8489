/**
 * Makes a fresh clone ready: npm packages, then k6. Run by the `pre` scripts; silent when there is nothing to do.
 * Nothing but Node's built-ins, and nothing imported before Node's own version is known.
 *
 *     node scripts/setup.mjs [--no-k6] [--keep-going]
 */
const argv = process.argv.slice(2);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const old = major < 20 || (major === 20 && minor < 19);
if (old) {
  process.stderr.write(
    `E_NODE: this is Node ${process.versions.node}. Expected 20.19 or newer. Install it from https://nodejs.org\n`,
  );
}
if (old && !argv.includes('--keep-going')) {
  process.exitCode = 2;
} else {
  const { setUp } = await import('./setup/steps.mjs');
  process.exitCode = await setUp(argv);
}

export {};
