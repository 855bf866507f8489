/** How long each step around a fault may take, ms. */
export interface Limits {
  /** Waiting for whoever else is at work on the journal. */
  lockMs: number;
  /** Reading, injecting, undoing: each, for one fault. */
  undoMs: number;
  /** Until what was undone reads as it was: a process takes time to start. */
  verifyMs: number;
  /**
   * Where a drill ended while it injected, what it had started (a command, a request) may still arrive: what was undone
   * is looked at again after this, counted from the intent.
   */
  settleMs: number;
}

export const LIMITS: Limits = { lockMs: 15_000, undoMs: 30_000, verifyMs: 15_000, settleMs: 5000 };
