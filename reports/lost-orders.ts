/** `lost-orders.csv`: every order that its client saw acknowledged and that the survivor did not have at cut-over. */
import type { LostOrder } from '../measure/drill.ts';

const HEADER = 'key,acknowledged_ms,region,recovered';

/** RFC 4180: quoted only where it must be. */
const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The whole file, its header included. `acknowledged_ms` is epoch ms, `recovered`: found after heal. */
export function renderLostOrders(lost: readonly LostOrder[]): string {
  const rows = lost.map(
    ({ key, acknowledgedMs, region, recovered }) =>
      `${field(key)},${acknowledgedMs},${field(region)},${recovered}`,
  );
  return `${[HEADER, ...rows].join('\n')}\n`;
}
