import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readListing } from '../../chaos/listing.ts';
import type { ListedKey } from '../../chaos/platform.ts';

const RUN = '20261121T001503Z-drill-region-loss-7f3a';
const key = (name: string, orderId = `tokyo-${name}`): ListedKey => ({
  key: `${RUN}-${name}`,
  orderId,
  writtenMs: 5,
});

/** A region whose every read gives the next of these; the last again and again. */
function regionOf(...reads: (readonly ListedKey[] | Error)[]) {
  let read = 0;
  return {
    listKeys: async function* () {
      const found = reads[Math.min(read, reads.length - 1)]!;
      read += 1;
      if (found instanceof Error) throw found;
      yield* found;
    },
  };
}

async function listing(
  platform: ReturnType<typeof regionOf>,
  wanted?: (letter: string, seq: number) => boolean,
) {
  const folder = mkdtempSync(join(tmpdir(), 'listing-'));
  const request = {
    platform,
    region: 'tokyo',
    at: 'cutover',
    folder,
    run: RUN,
    signal: AbortSignal.timeout(20_000),
  } as const;
  const event = await readListing(wanted === undefined ? request : { ...request, wanted });
  return { event, files: readdirSync(folder), text: () => readFileSync(join(folder, event.file), 'utf8') };
}

describe('readListing', () => {
  it('reads until two full reads agree, whatever their order', async () => {
    const { event, text } = await listing(
      regionOf([key('s1')], [key('s1'), key('s2')], [key('s2'), key('s1')]),
    );
    expect(event).toMatchObject({ complete: true, keys: 2, reads: 3, file: 'keys-tokyo-cutover.csv' });
    expect(text()).toBe(`${RUN}-s2,tokyo-s2,5\n${RUN}-s1,tokyo-s1,5\n`);
  });

  it('sees that a key was written anew under another order id', async () => {
    const { event } = await listing(regionOf([key('s1')], [key('s1', 'seoul-1')], [key('s1', 'seoul-1')]));
    expect(event).toMatchObject({ complete: true, reads: 3 });
  });

  it('takes the keys of this run alone, and of those what was issued', async () => {
    const strange = [key('x'), key('s1,s2'), { key: 's1', orderId: null, writtenMs: null }];
    const { event, text } = await listing(
      regionOf([key('s1'), key('f9'), ...strange]),
      (letter, seq) => letter === 's' && seq < 5,
    );
    expect(event.keys).toBe(1);
    expect(text()).toBe(`${RUN}-s1,tokyo-s1,5\n`);
  });

  it('says why where the region does not answer to the end, and leaves no half file', async () => {
    const { event, files } = await listing(regionOf(new Error('the region is gone')));
    expect(event).toMatchObject({ complete: false, cause: 'the region is gone' });
    expect(files).toEqual([]);
  });

  it('gives up on a region that never comes to rest', async () => {
    let orders = 0;
    const restless = {
      listKeys: async function* () {
        orders += 1;
        yield key(`s${orders}`);
      },
    };
    const { event } = await listing(restless as ReturnType<typeof regionOf>);
    expect(event).toMatchObject({ complete: false, reads: 20, keys: 1 });
    expect(event.cause).toMatch(/never agreed/);
  });
});
