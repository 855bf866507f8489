/** Puts the live view on a stream: redrawn in place on a terminal, a plain line now and then anywhere else. */
import type { RunEvent } from '../../measure/events.ts';
import { momentOf } from '../scene.ts';
import { formatClock } from '../words.ts';
import { MOST_LINES, renderLive } from './live.ts';
import { wantsColour } from './paint.ts';
import { renderPlain, renderPlainHeader } from './plain.ts';
import { foldEvent, foldTick, type LiveState, type LiveTick } from './state.ts';
import { displayWidth, plainLine } from './width.ts';

/** Redraws are at least this far apart: five a second are smooth enough to watch and cost next to nothing. */
const REDRAW_MS = 200;
/** Where nothing can be redrawn, a log with a line every 5 s is still read by people. */
const PLAIN_LINE_MS = 5000;
/** What POSIX terminals without a size are taken for. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
// Characters of ambiguous width (box drawing in East Asian terminals) may take more cells than counted: with
// autowrap off such a line is cut at the edge, and the count of lines to go up stays right.
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** The part of `process.stderr` that is used. */
export interface ViewStream {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  rows?: number | undefined;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** Whether the view is redrawn in place: on a terminal that can, and not in CI (`CI=true`, any value but false). */
export function canRedraw(
  stream: { isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const ci = env.CI !== undefined && env.CI !== '' && env.CI !== '0' && env.CI !== 'false';
  return stream.isTTY === true && !ci && env.TERM !== 'dumb';
}

/**
 * The live view of one run. It owns no timer and no clock: `update` as often as there is something new (ten times a
 * second is plenty), it redraws when enough of the ticks' time has passed. On a terminal the cursor is hidden between
 * `start` and `stop`, and shown again however the process ends short of SIGKILL.
 */
export class LiveView {
  readonly #stream: ViewStream;
  readonly #redraws: boolean;
  readonly #colour: boolean;
  #state: LiveState;
  #running = false;
  #drawn: readonly string[] = [];
  #drawnAtMs = Number.NEGATIVE_INFINITY;

  /** @param state as `beginLive` gives it */
  constructor(
    state: LiveState,
    stream: ViewStream = process.stderr,
    env: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    this.#state = state;
    this.#stream = stream;
    this.#redraws = canRedraw(stream, env);
    this.#colour = this.#redraws && wantsColour(stream, env);
  }

  /** What the view knows now. */
  get state(): LiveState {
    return this.#state;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    if (this.#redraws) {
      this.#stream.on('resize', this.#onResize);
      process.on('exit', this.#onExit);
      this.#stream.write(HIDE_CURSOR);
    } else {
      this.#stream.write(`${renderPlainHeader(this.#state)}\n`);
    }
    this.#draw();
  }

  update(tick: LiveTick): void {
    this.#state = foldTick(this.#state, tick);
    const restMs = this.#redraws ? REDRAW_MS : PLAIN_LINE_MS;
    if (this.#running && tick.nowMs - this.#drawnAtMs >= restMs) this.#draw();
  }

  event(event: RunEvent): void {
    const moment = this.#state.drill && momentOf(event, this.#state.drill.scene, this.#state.drill.record);
    if (moment) {
      const zero = this.#state.zeroMs;
      const clock = zero === null ? '' : `${formatClock(moment.t - zero)}  `;
      this.say(`${clock}${moment.what}`);
    } else if (event.kind === 'region.health' && !event.healthy && this.#state.drill === null) {
      this.say(`${event.region === '' ? 'the target' : `region ${event.region}`} is down: ${event.cause}`);
    }
    if (event.kind === 'sink.influx' && (event.state === 'away' || event.state === 'refused')) {
      this.say(`points wait for InfluxDB: ${event.cause}`);
    }
    const before = this.#state.ending;
    this.#state = foldEvent(this.#state, event);
    if (this.#running && this.#state.ending !== before) this.#draw();
  }

  /** Writes a sentence for good: above the view, or as a line of its own. */
  say(sentence: string): void {
    this.#erase();
    this.#stream.write(`${plainLine(sentence)}\n`);
    if (this.#running && this.#redraws) this.#draw();
  }

  /** Ends the view. On a terminal its first line stays, so that what follows has a title. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    if (!this.#redraws) return;
    this.#stream.off('resize', this.#onResize);
    process.off('exit', this.#onExit);
    const title = this.#drawn[0];
    this.#erase();
    this.#stream.write(`${title === undefined ? '' : `${title}\n`}${SHOW_CURSOR}`);
  }

  readonly #onExit = (): void => {
    this.#stream.write(`${WRAP_ON}${SHOW_CURSOR}`);
  };

  readonly #onResize = (): void => {
    this.#draw();
  };

  #draw(): void {
    this.#drawnAtMs = this.#state.nowMs;
    if (!this.#redraws) {
      this.#stream.write(`${renderPlain(this.#state)}\n`);
      return;
    }
    const { columns, rows } = this.#size();
    const lines = renderLive(this.#state, columns, this.#colour).slice(0, Math.max(1, rows - 1));
    // Line by line rather than the whole block first, which flickers; before the text, because after a line that
    // fills its row the cursor still stands on the last character.
    const body = lines.map((line) => `${CLEAR_LINE}${line}\n`).join('');
    this.#stream.write(`${this.#toTop()}${WRAP_OFF}${body}${CLEAR_BELOW}${WRAP_ON}`);
    this.#drawn = lines;
  }

  #erase(): void {
    if (this.#drawn.length > 0) this.#stream.write(`${this.#toTop()}${CLEAR_BELOW}`);
    this.#drawn = [];
  }

  /**
   * Moves to where the view begins. A terminal that became narrower has broken the old lines
   * anew, so they are counted at today's width.
   */
  #toTop(): string {
    const { columns, rows } = this.#size();
    const height = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)),
      0,
    );
    const up = Math.min(height, rows - 1, MOST_LINES * 4);
    return up > 0 ? `\r\u001b[${up}A` : '\r';
  }

  #size(): { columns: number; rows: number } {
    const { columns, rows } = this.#stream;
    return {
      columns: columns && columns > 0 ? columns : DEFAULT_SIZE.columns,
      rows: rows && rows > 1 ? rows : DEFAULT_SIZE.rows,
    };
  }
}
