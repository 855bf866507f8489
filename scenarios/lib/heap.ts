/** The generator's heap, touched before the load as a JVM does with `AlwaysPreTouch`. */

/** The clients that touch, a share each: the first ones, which every run has and which are made side by side. */
const TOUCHING = 64;
const PAGE_BYTES = 4096;

/** What the heap may grow to; unset where it is collected as usual. */
const heapBytes = Number(__ENV.STORMPROOF_HEAP_BYTES ?? 0);

/**
 * Writes to each page of a share of the heap, while the client is made. The share is garbage at once, and the heap
 * that it leaves behind belongs to the process already: an order that is the first to use a page would pay for the
 * kernel, and on a virtual machine for the hypervisor, to find one (11 us a page, four pages an order).
 */
export function touchHeap(): void {
  if (__VU < 1 || __VU > TOUCHING) return;
  const share = new Uint8Array(Math.floor(heapBytes / TOUCHING));
  for (let i = 0; i < share.length; i += PAGE_BYTES) share[i] = 1;
}
