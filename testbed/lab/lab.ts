/**
 * The lab from outside: a network, mount and process namespace of its own with two regions, a name server and health
 * checks in it. Nothing in it can reach anything outside, and it leaves nothing behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Problem } from '../../measure/problem.ts';
import { ControlClient } from './control-client.ts';
import { FIRST_PROCESS, writeGround } from './ground.ts';
import {
  identify,
  isInOtherUserNamespace,
  isSameProcess,
  nameOf,
  type ProcessIdentity,
  parentOf,
  processesIn,
} from './host-process.ts';
import { logIn, makeLabFolder, socketIn } from './lab-folder.ts';
import { enterCommand, findNamespaces, type Namespaces } from './namespaces.ts';
import {
  type LabSettings,
  NAME,
  SERVICE_PORT,
  SUPERVISOR_NAME,
  type SupervisorSettings,
  supervisorSettings,
} from './settings.ts';

/** It takes a second on a calm machine. */
const LONGEST_START_MS = 30_000;
/** Regions write what they have to their disks first. */
const LONGEST_STOP_MS = 10_000;
const LOOK_MS = 20;
const KEPT_LOG = 4096;

export interface Lab {
  /** Path of the control socket. */
  socket: string;
  control: ControlClient;
  /** The supervisor, as this machine knows it. */
  identity: ProcessIdentity;
  mode: LabSettings['mode'];
  /** Stands before a command that is to run inside. */
  enter: readonly string[];
  /** Origin of the order service, by the name that fails over. */
  target: string;
  /** Ends it, by force where it must. @returns what is left, empty where nothing is. Asked twice, it does no harm */
  stop(): Promise<string>;
}

export interface StartedLab extends Lab {
  /** Done when it has ended: a sentence. */
  ended: Promise<string>;
}

/**
 * Holds the lab and removes its folder when it has ended. When descriptor 3 closes, which the system does when the
 * starter dies, it ends the lab; with `stay` on it the lab is let go. In a session of its own: ctrl-C in the terminal
 * does not reach it. If the guard itself is killed, the system kills `unshare` (pdeathsig), and that its children.
 */
const GUARD = `
folder="$1"; shift
setpriv --pdeathsig KILL "$@" 3<&- </dev/null &
lab=$!
(
  read -r word <&3
  [ "$word" = stay ] && exit
  # unshare waits for its child, and that for all others: when it ends, nothing is left.
  kill -KILL $(cat "/proc/$lab/task/$lab/children") || kill -KILL "$lab"
) 2>/dev/null &
leash=$!
exec 3<&-
wait "$lab"
code=$?
kill "$leash" 2>/dev/null
rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
exit "$code"
`;

/**
 * Starts a lab and waits until it answers.
 * @throws Problem E_TIME_SCALE, E_LAB_PLATFORM, E_LAB_PROGRAM, E_LAB_NAMESPACES; E_LAB_START with what it said
 */
export async function startLab(settings: LabSettings): Promise<StartedLab> {
  const given = supervisorSettings(settings);
  const namespaces = findNamespaces();
  const folder = makeLabFolder();
  const log = openSync(logIn(folder), 'a+', 0o600);
  writeGround(folder);
  const guard = spawnGuard(namespaces, log, { ...given, folder });
  const leash = guard.stdio[3] as Writable;
  // The guard's end closes it; that is no news.
  leash.on('error', () => {});
  const over = new AbortController();
  const ended = endOf(guard, log).finally(() => {
    over.abort();
    // A guard that was killed has not done it, and its lab may be ending just now.
    return rm(folder, { recursive: true, force: true, maxRetries: 20 }).catch(() => {});
  });
  if (!(await answers(socketIn(folder), over.signal))) {
    const late = over.signal.aborted ? '' : ` It did not answer within ${LONGEST_START_MS / 1000} s.`;
    leash.destroy();
    const found = await ended;
    throw new Problem('E_LAB_START', `${found}${late} Expected a lab that runs. Try npm run doctor.`);
  }
  const lab = await openLab(socketIn(folder));
  if (settings.mode === 'standing' && settings.endsWithStarter !== true) {
    leash.end('stay\n');
    guard.unref();
  }
  return { ...lab, ended };
}

/**
 * A lab that runs.
 * @param socket path of its control socket
 * @throws Problem E_LAB_GONE where none answers there
 */
export async function openLab(socket: string): Promise<Lab> {
  const control = new ControlClient(socket);
  const { pid, mode } = await control.state();
  const identity = identify(pid);
  if (identity === null) {
    throw new Problem(
      'E_LAB_FOREIGN',
      `the lab at ${socket} says that it is process ${pid}, which cannot be looked at. ` +
        'Expected a lab of this machine and this user. Run it as the user who started the lab.',
    );
  }
  return {
    socket,
    control,
    identity,
    mode,
    enter: enterCommand(parentOf(pid), { user: isInOtherUserNamespace(pid) }),
    target: `http://${NAME}:${SERVICE_PORT}`,
    stop: () => stopLab(control, identity),
  };
}

async function stopLab(control: ControlClient, identity: ProcessIdentity): Promise<string> {
  const folder = dirname(control.socket);
  // One that cannot be asked is ended below.
  await control.stop().catch(() => {});
  const left = await untilLeft(identity, folder);
  if (!isSameProcess(identity)) return left;
  process.kill(identity.pid, 'SIGKILL');
  return untilLeft(identity, folder);
}

/**
 * Waits until nothing is left of a lab that is ending.
 * @param folder of the lab; null: whether it is still there does not matter
 * @returns what is left after a while, as words; empty where nothing is
 */
export async function untilLeft(identity: ProcessIdentity, folder: string | null): Promise<string> {
  let left = leftOf(identity, folder);
  for (let waited = 0; left !== '' && waited < LONGEST_STOP_MS; waited += LOOK_MS) {
    await delay(LOOK_MS);
    left = leftOf(identity, folder);
  }
  return left;
}

function leftOf(identity: ProcessIdentity, folder: string | null): string {
  const holders = processesIn(identity.net);
  // The system gives the number of a network that is gone to the next: then another lab's supervisor is in it.
  const isReused = holders.some((pid) => pid !== identity.pid && nameOf(pid) === SUPERVISOR_NAME);
  const processes = isReused ? [] : holders;
  const left = [
    ...(isSameProcess(identity) ? [`its supervisor (process ${identity.pid})`] : []),
    ...(processes.length > 0 ? [`processes in its network (${processes.join(', ')})`] : []),
    ...(folder !== null && existsSync(folder) ? [`its folder ${folder}`] : []),
  ];
  return left.length === 0 ? '' : `the lab has left ${left.join(', ')}`;
}

function spawnGuard(namespaces: Namespaces, log: number, settings: SupervisorSettings): ChildProcess {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = fileURLToPath(new URL('supervisor.ts', import.meta.url));
  const supervisor = [process.execPath, '--import', tsx, program, JSON.stringify(settings)];
  const lab = [
    'unshare',
    ...namespaces.unshare,
    '/bin/sh',
    '-c',
    FIRST_PROCESS,
    'lab',
    settings.folder,
    ...supervisor,
  ];
  return spawn('/bin/sh', ['-c', GUARD, 'stormproof-lab-guard', settings.folder, ...lab], {
    detached: true,
    env: cleanEnvironment(),
    stdio: ['ignore', log, log, 'pipe'],
  });
}

/** How it ended, as a sentence, with the end of its log. */
function endOf(guard: ChildProcess, log: number): Promise<string> {
  return new Promise((resolve) => {
    const end = (how: string): void => {
      const said = readLog(log);
      closeSync(log);
      resolve(`The lab ended ${how}.${said === '' ? '' : ` It said: ${said}`}`);
    };
    guard.once('error', (error) => end(`before it began: ${error.message}`));
    guard.once('exit', (code, signal) => end(signal === null ? `with status ${code}` : `by ${signal}`));
  });
}

/** False where it is over or takes too long. */
async function answers(socket: string, over: AbortSignal): Promise<boolean> {
  const control = new ControlClient(socket);
  for (let waited = 0; waited < LONGEST_START_MS && !over.aborted; waited += LOOK_MS) {
    if (existsSync(socket) && (await control.timers().then(Boolean, () => false))) return true;
    await delay(LOOK_MS);
  }
  return false;
}

function readLog(log: number): string {
  try {
    return readFileSync(`/proc/self/fd/${log}`, 'utf8').trim().slice(-KEPT_LOG);
  } catch {
    return '';
  }
}

/** A debugger's or a coverage tool's settings are for the starter. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...rest } = process.env;
  return rest;
}
