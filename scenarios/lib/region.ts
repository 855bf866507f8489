/** The region that answered, as it may stand in the evidence. */

/** Go spells header names like this, whatever the server wrote: `x-region` is found as `X-Region`. */
export function canonicalHeader(name: string): string {
  return name
    .toLowerCase()
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('-');
}

const LONGEST_REGION = 32;

/** A column of the evidence: a server must not be able to break the file. */
export function cleanRegion(header: string): string {
  return header.replace(/[^\w.:@/+-]+/g, '_').slice(0, LONGEST_REGION);
}
