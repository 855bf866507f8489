import { Bitmap } from './bitmap.ts';
import { KeyListing, type StoredKeyLine } from './key-listing.ts';
import type { Orders } from './orders.ts';

/** By population and number, the hash of the first order id that any listing had; 0 for none. */
export type FirstIds = readonly Uint32Array[];

/** The keys of some listings, and which of them have two order ids. */
export class StoredKeys {
  readonly present: Bitmap[];
  /** Keys with two order ids, by population. */
  readonly duplicated: Bitmap[];
  /** Keys that came with the first id of all listings, and the other ids of those that came with another: few. */
  readonly #withFirst: Bitmap[];
  readonly #others: Map<number, number>[];
  #firstIds: FirstIds;
  readonly #populations: readonly Orders[];
  readonly #files = new Map<string, KeyListing>();

  constructor(populations: readonly Orders[], firstIds: FirstIds) {
    this.#populations = populations;
    this.#firstIds = firstIds;
    this.present = populations.map(() => new Bitmap());
    this.duplicated = populations.map(() => new Bitmap());
    this.#withFirst = populations.map(() => new Bitmap());
    this.#others = populations.map(() => new Map());
  }

  push(run: string, region: string, chunk: Uint8Array): void {
    let file = this.#files.get(region);
    if (file === undefined) {
      file = new KeyListing(run);
      this.#files.set(region, file);
    }
    file.push(chunk, (line) => this.#take(run, file, line));
  }

  end(): void {
    for (const file of this.#files.values()) file.end();
    this.#firstIds = [];
  }

  /** Keys that nobody can have sent. */
  get strange(): number {
    return new Set([...this.#files.values()].flatMap((file) => [...file.strange])).size;
  }

  get torn(): number {
    return [...this.#files.values()].reduce((sum, file) => sum + file.torn, 0);
  }

  /** Whole lines of a region's listing. */
  lines(region: string): number {
    return this.#files.get(region)?.lines ?? 0;
  }

  get duplicates(): number {
    return this.duplicated.reduce((sum, each) => sum + each.size, 0);
  }

  #take(run: string, file: KeyListing, { letter, seq, idHash }: StoredKeyLine): void {
    const p = this.#populations.findIndex((orders) => orders.letter === letter);
    if (p < 0 || seq >= this.#populations[p]!.planned) {
      file.addStrange(`${run}-${String.fromCharCode(letter)}${seq}`);
      return;
    }
    this.present[p]!.add(seq);
    if (idHash !== 0) this.#noteId(p, seq, idHash);
  }

  #noteId(p: number, seq: number, idHash: number): void {
    const ids = this.#firstIds[p]!;
    if (ids[seq] === 0) ids[seq] = idHash;
    const others = this.#others[p]!;
    const other = others.get(seq);
    if (ids[seq] === idHash) this.#withFirst[p]!.add(seq);
    else if (other === undefined) others.set(seq, idHash);
    const two = other !== undefined && idHash !== other;
    if (two || (others.has(seq) && this.#withFirst[p]!.has(seq))) this.duplicated[p]!.add(seq);
  }
}
