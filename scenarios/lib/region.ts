/** The region that answered, as it may stand in the evidence. */

const LONGEST_REGION = 32;

/** A column of the evidence: letters, digits and a few signs, so that a server cannot break the file. */
export function cleanRegion(header: string): string {
  let clean = '';
  for (let i = 0; i < header.length && i < LONGEST_REGION; i++) {
    const c = header[i]!;
    const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    clean += plain || c === '-' || c === '.' || c === ':' || c === '/' ? c : '_';
  }
  return clean;
}
