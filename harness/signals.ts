/** Ctrl-C, SIGTERM and a closed terminal: the first asks the load to end, the second leaves at once. */
import { EXIT_CODES } from './exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopSignals {
  /** The next signal calls `stop`, the one after it leaves at once; with null the next one does already. */
  hear(stop: ((signal: string) => void) | null): void;
  /** Signals do what they did before. */
  forget(): void;
}

/** Until something hears them, the first signal leaves at once: nothing has been sent yet. */
export function onStopSignals(): StopSignals {
  let next: ((signal: string) => void) | null = null;
  let isHeard = false;
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => {
      const stop = next;
      next = null;
      if (stop === null) leave(signal, isHeard);
      else stop(signal);
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return {
    hear(stop) {
      next = stop;
      isHeard = true;
    },
    forget() {
      for (const { signal, listener } of listeners) process.off(signal, listener);
    },
  };
}

/** What was started ends with this process: its leashes are let go. */
function leave(signal: string, wasHeard: boolean): never {
  const what = wasHeard ? 'npm run report judges what there is' : 'nothing was sent';
  process.stderr.write(`left at once by ${signal}: ${what}\n`);
  process.exit(EXIT_CODES.aborted.code);
}
