import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvidenceDecoder, type EvidenceLine } from '../../measure/evidence.ts';

function decode(text: string | Uint8Array, chunk = 1 << 20) {
  const decoder = new EvidenceDecoder();
  const lines: (EvidenceLine & { opName: string; regionName: string })[] = [];
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunk) {
    decoder.push(bytes.subarray(at, at + chunk), (line) =>
      lines.push({ ...line, opName: decoder.ops[line.op]!, regionName: decoder.regions[line.region]! }),
    );
  }
  decoder.end();
  return { lines, lineCount: decoder.lines, malformed: decoder.malformed };
}

const GOOD = '1763683200123,order,s41,1,201,5.25,0.125,0,seoul\n';

describe('the evidence decoder', () => {
  it('reads every column of a line', () => {
    const { lines } = decode(GOOD);
    expect(lines[0]).toMatchObject({
      startMs: 1763683200123,
      opName: 'order',
      population: 's'.charCodeAt(0),
      seq: 41,
      attempt: 1,
      status: 201,
      durationMs: 5.25,
      waitMs: 0.125,
      errorCode: 0,
      regionName: 'seoul',
    });
  });

  it.each([
    ['no region', '1763683200123,order,s41,1,0,1000,0,1050,\n', 1],
    ['a start with decimals', '1763683200123.5,order,s41,1,201,5,0,0,seoul\n', 1],
    ['an empty line', '\n', 0],
  ])('takes a line with %s', (_, text, count) => {
    expect(decode(text)).toMatchObject({ lineCount: count, malformed: 0 });
  });

  it.each([
    ['a column too few', '1763683200123,order,s41,1,201,5,0,0\n'],
    ['a column too many', '1763683200123,order,s41,1,201,5,0,0,seoul,x\n'],
    ['two lines torn into one', '1763683200123,order,s41,1,2011763683200124,order,s42,1,201,5,0,0,seoul\n'],
    ['its beginning torn off', '3683200123,order,s41,1,201,5,0,0,seoul\n'],
    ['a status out of range', '1763683200123,order,s41,1,1201,5,0,0,seoul\n'],
    ['a negative duration', '1763683200123,order,s41,1,201,-5,0,0,seoul\n'],
    ['no number', '1763683200123,order,sx,1,201,5,0,0,seoul\n'],
    ['no population', '1763683200123,order,41,1,201,5,0,0,seoul\n'],
    ['attempt 0', '1763683200123,order,s41,0,201,5,0,0,seoul\n'],
    ['NaN', '1763683200123,order,s41,1,201,NaN,0,0,seoul\n'],
    ['a number that is only a dot', '1763683200123,order,s41,1,201,.,0,0,seoul\n'],
    ['an operation with a blank', '1763683200123,or der,s41,1,201,5,0,0,seoul\n'],
    ['a region too long', `1763683200123,order,s41,1,201,5,0,0,${'x'.repeat(33)}\n`],
    ['no end', GOOD.trimEnd()],
    ['a megabyte without an end', 'x'.repeat(1 << 20)],
  ])('leaves out and counts a line with %s, and reads on', (_, bad) => {
    const after = bad.endsWith('\n') ? GOOD : '';
    expect(decode(GOOD + bad + after)).toMatchObject({ lineCount: after === '' ? 1 : 2, malformed: 1 });
  });

  it('gives the same lines however the bytes are cut', () => {
    const text = Array.from({ length: 50 }, (_, i) => GOOD.replace('s41', `s${i}`)).join('');
    for (const chunk of [1, 2, 13, 49, 64]) expect(decode(text, chunk)).toEqual(decode(text));
  });

  it('survives any bytes and never loses a good line between bad ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 80 })),
        fc.integer({ min: 1, max: 40 }),
        (garbage, chunk) => {
          const parts = garbage.map((bytes) =>
            Buffer.concat([Buffer.from(bytes.filter((b) => b !== 10)), Buffer.from('\n')]),
          );
          const text = Buffer.concat(parts.flatMap((part) => [part, Buffer.from(GOOD)]));
          const { lineCount, malformed } = decode(text, chunk);
          expect(lineCount).toBe(parts.length);
          expect(malformed).toBe(parts.filter((part) => part.length > 1).length);
        },
      ),
    );
  });

  it('does not let names without end fill the memory', () => {
    const text = Array.from({ length: 1000 }, (_, i) => GOOD.replace('seoul', `r${i}`)).join('');
    const { lineCount, malformed } = decode(text);
    expect(lineCount + malformed).toBe(1000);
    expect(lineCount).toBeLessThan(300);
  });
});
