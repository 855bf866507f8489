import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SECRETS = { INFLUX_PASSWORD: 'first-secret', GF_SECURITY_ADMIN_PASSWORD: 'second-secret' };
const ENGINE =
  'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';

/** The only folder on the PATH. */
let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'stormproof-observe-'));
});
afterEach(() => rmSync(bin, { recursive: true }));

/** A docker that writes down what it is called with, and its passwords; `cases` are branches on its arguments. */
function plantDocker(cases = ''): void {
  const path = join(bin, 'docker');
  const script = [
    '#!/bin/sh',
    `echo "$*" >> '${bin}/called'`,
    `echo "$INFLUX_PASSWORD $GF_SECURITY_ADMIN_PASSWORD" >> '${bin}/given'`,
    `case "$*" in ${cases} *) exit 0;; esac`,
  ];
  writeFileSync(path, script.join('\n'));
  chmodSync(path, 0o755);
}

const read = (name: string): string[] =>
  existsSync(join(bin, name)) ? readFileSync(join(bin, name), 'utf8').trimEnd().split('\n') : [];

function observe(args: string[] = [], environment: NodeJS.ProcessEnv = SECRETS) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/observe.ts', ...args],
    { env: { PATH: bin, ...environment }, encoding: 'utf8' },
  );
  const said = `${stdout}${stderr}`;
  for (const secret of Object.values(SECRETS)) expect(said).not.toContain(secret);
  expect(said).not.toMatch(/^ +at /m);
  return { status, stdout, stderr };
}

describe('npm run observe', () => {
  it('starts both in the background and says where they are and what sends a run there', () => {
    plantDocker('*up*) echo "Container started with $INFLUX_PASSWORD" >&2;;');
    const { status, stdout, stderr } = observe();
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'Container started with ***\n' });
    expect(read('called')).toEqual([
      'compose version',
      'version --format {{.Server.Version}}',
      'compose -f deploy/compose.yaml up -d --wait',
    ]);
    expect(read('given').at(-1)).toBe('first-secret second-secret');
    expect(stdout).toMatch(/^grafana +http:\/\/127\.0\.0\.1:3000 /m);
    expect(stdout).toMatch(/^influxdb +http:\/\/127\.0\.0\.1:8086 /m);
    expect(stdout).toContain(
      '  INFLUX_USERNAME=stormproof GRAFANA_URL=http://127.0.0.1:3000 npm run load -- --influx http://127.0.0.1:8086\n',
    );
  });

  it('names the user that was chosen, and overrules what would lead the run elsewhere', () => {
    plantDocker();
    const more = { INFLUX_USERNAME: 'me', INFLUX_TOKEN: 'third', INFLUX_DATABASE: 'other' };
    const { stdout } = observe([], { ...SECRETS, ...more });
    expect(stdout).toContain('  INFLUX_TOKEN= INFLUX_DATABASE=stormproof INFLUX_USERNAME=me ');
    expect(stdout).not.toContain('third');
  });

  it('stops both without deleting anything, and needs no password for it', () => {
    plantDocker();
    const { status, stdout } = observe(['--down'], {});
    expect(status).toBe(0);
    expect(stdout).toMatch(/^stopped/);
    expect(read('called').at(-1)).toBe('compose -f deploy/compose.yaml down');
    expect(read('given').at(-1)).toBe('unused unused');
  });

  it.each([
    ['no client', null, /no docker client/],
    [
      'no plugin',
      `compose*) echo "docker: 'compose' is not a docker command." >&2; exit 1;;`,
      /no compose plugin/,
    ],
    ['no engine', `version*) echo '${ENGINE}' >&2; exit 1;;`, /no docker engine answers .*Cannot connect/],
  ])('says what is missing where there is %s, and what to do by hand', (_, cases, sentence) => {
    if (cases !== null) plantDocker(cases);
    for (const args of [[], ['--down']]) {
      const { status, stdout, stderr } = observe(args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr.split('\n')[0]).toMatch(sentence);
      for (const advice of [
        'apt-get install',
        'brew install',
        'deploy/grafana/provisioning',
        'docs/observe.md',
      ])
        expect(stderr).toContain(advice);
    }
    expect(read('called').join('\n')).not.toContain('deploy/');
  });

  it('passes on why docker could not start them', () => {
    plantDocker('*up*) echo "Bind for 127.0.0.1:3000 failed: port is already allocated" >&2; exit 1;;');
    const { status, stdout, stderr } = observe();
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(
      /E_OBSERVE_COMPOSE: .*up -d --wait failed:\n {2}Bind for 127\.0\.0\.1:3000 failed/,
    );
  });

  it.each([
    ['no passwords', {}, ['export INFLUX_PASSWORD=', 'export GF_SECURITY_ADMIN_PASSWORD=']],
    ['an empty one', { ...SECRETS, INFLUX_PASSWORD: '' }, ['export INFLUX_PASSWORD=']],
    ["Grafana's default", { ...SECRETS, GF_SECURITY_ADMIN_PASSWORD: 'admin' }, ["Grafana's default"]],
    ['one that the image would break', { ...SECRETS, INFLUX_PASSWORD: `it's $x` }, ['INFLUX_PASSWORD holds']],
    ["the reader's name", { ...SECRETS, INFLUX_USERNAME: 'grafana' }, ['INFLUX_USERNAME is grafana']],
  ])('refuses %s before docker is called', (_, environment, sentences) => {
    plantDocker();
    const { status, stdout, stderr } = observe([], environment);
    expect({ status, stdout, called: read('called') }).toEqual({ status: 2, stdout: '', called: [] });
    for (const sentence of sentences) expect(stderr).toContain(sentence);
    expect(stderr).not.toContain("it's $x");
  });
});

describe('deploy/', () => {
  const text = readFileSync('deploy/compose.yaml', 'utf8');
  const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found!);

  it('pins both images', () => {
    expect(all(/^ +image: (.*)$/gm)).toEqual(['influxdb:1.8.10', 'grafana/grafana:11.6.0']);
  });

  it('listens on loopback alone', () => {
    const ports = all(/^ +- ['"]([\d.:]+)['"]$/gm);
    expect(ports).toEqual(['127.0.0.1:8086:8086', '127.0.0.1:3000:3000']);
    expect(text.match(/^ +ports:$/gm)).toHaveLength(ports.length);
    expect(text).not.toMatch(/network_mode|expose:/);
  });

  it('takes every password from the environment, and refuses to start without', () => {
    const passwords = all(/^ +\w*PASSWORD: (.*)$/gm);
    expect(passwords).toHaveLength(4);
    for (const value of passwords) expect(value).toMatch(/^\$\{(INFLUX|GF_SECURITY_ADMIN)_PASSWORD:\?.+\}$/);
  });

  it('mounts read-only what is in the checkout, and keeps data in volumes that have a name', () => {
    const mounts = all(/^ +- (\.{1,2}\/.*)$/gm).map((mount) => mount.split(':'));
    expect(mounts).toHaveLength(4);
    for (const [from, , mode] of mounts) {
      expect(existsSync(resolve('deploy', from!)), from).toBe(true);
      expect(mode).toBe('ro');
    }
    const volumes = all(/^ +- ([a-z-]+):\/var\/lib\/\w+$/gm);
    expect(volumes).toEqual(['influxdb-data', 'grafana-data']);
    for (const name of volumes) expect(text).toMatch(new RegExp(`^ {2}${name}:$`, 'm'));
    expect(text.match(/^ +healthcheck:$/gm)).toHaveLength(2);
  });

  it('gives Grafana every variable that its files name, and the uid of the alert rules', () => {
    const folder = 'deploy/grafana/provisioning';
    const files = ['datasources/influxdb.yaml', 'dashboards/stormproof.yaml'].map((name) =>
      join(folder, name),
    );
    const provisioned = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    const alerts = readFileSync('reports/grafana/alerts.json', 'utf8');
    const grafana = text.slice(text.indexOf('\n  grafana:'));
    const named = [...`${provisioned}${alerts}`.matchAll(/(?<!\$)\$\{?([A-Z]\w+)/g)].map(([, name]) => name!);
    expect(new Set(named)).toEqual(
      new Set([
        'STORMPROOF_INFLUX_URL',
        'INFLUX_PASSWORD',
        'STORMPROOF_DASHBOARDS',
        'STORMPROOF_DATASOURCE_UID',
      ]),
    );
    for (const name of named) expect(grafana).toMatch(new RegExp(`^ +${name}: \\S`, 'm'));
    const uid = /uid: (\w+)$/m.exec(provisioned)![1];
    expect(grafana).toMatch(new RegExp(`STORMPROOF_DATASOURCE_UID: ${uid}$`, 'm'));
    const dashboards = /STORMPROOF_DASHBOARDS: (\S+)$/m.exec(grafana)![1];
    expect(grafana).toContain(`- ../reports/grafana/dashboards:${dashboards}:ro`);
    expect(readdirSync('reports/grafana/dashboards').length).toBeGreaterThan(0);
  });
});
