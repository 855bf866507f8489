/** Ctrl-C and SIGTERM: the first asks the run to end, the second leaves at once. */
import { EXIT_CODES } from './exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * @param stop called for the first signal
 * @returns forgets the listeners
 */
export function onStopSignals(stop: (signal: string) => void): () => void {
  let seen = 0;
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => {
      seen += 1;
      // What was started ends with this process: its leashes are let go.
      if (seen > 1) process.exit(EXIT_CODES.aborted.code);
      stop(signal);
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  };
}
