/** Programs beside k6 that some commands and tests use. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Facts, Tool } from './checks.ts';

/** Names under which each may be found, and what makes it print its version. */
const TOOLS: Record<keyof Facts['tools'], { names: string[]; args: string[] }> = {
  git: { names: ['git'], args: ['--version'] },
  chromium: { names: ['chromium', 'chromium-browser'], args: ['--version'] },
  nginx: { names: ['nginx'], args: ['-v'] },
  taskset: { names: ['taskset'], args: ['--version'] },
};
/** Debian keeps servers where only root looks. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];
const ANSWER_MS = 10_000;

/** Looks for all of them at the same time. */
export async function findTools(environment: NodeJS.ProcessEnv): Promise<Facts['tools']> {
  const [git, chromium, nginx, taskset] = await Promise.all(
    Object.values(TOOLS).map(({ names, args }) => findTool(names, args, environment)),
  );
  return { git: git!, chromium: chromium!, nginx: nginx!, taskset: taskset! };
}

async function findTool(names: string[], args: string[], environment: NodeJS.ProcessEnv): Promise<Tool> {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const path of names.flatMap((name) =>
    [...folders, ...SYSTEM_FOLDERS].map((folder) => join(folder, name)),
  )) {
    if (!(await mayRun(path))) continue;
    const printed = await ask(path, args, environment);
    if (printed !== null) return { version: /\d+(?:\.\d+)+/.exec(printed)?.[0] ?? 'unknown version', path };
  }
  return { version: null, path: '' };
}

async function mayRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What it prints, on stdout or stderr; null when it fails. */
function ask(path: string, args: string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  return new Promise((done) => {
    execFile(path, args, { env, timeout: ANSWER_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) =>
      done(error ? null : `${stdout}${stderr}`),
    );
  });
}
