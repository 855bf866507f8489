/** What one client (a k6 VU) takes of the machine (k6 v1.8.1; field measurements). */

/** With its own copy of the bundled scenario, while a run is under way. */
export const CLIENT_BYTES = 0.9e6;
/** What of it stands in the heap, and is left behind there while the client is set up. */
export const CLIENT_HEAP_BYTES = 0.5e6;
/** With less heap for each client, the collector would run without end: they hold a quarter of it anyway. */
export const LEAST_CLIENT_HEAP_BYTES = 2e6;

/** A connection of the fresh population may be closing while the next one opens. */
export const FILES_PER_CLIENT = 2;
/** Files that k6 has open beside its connections. */
export const FILES_BESIDE = 100;
