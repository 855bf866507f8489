/** What the keys mean, apart from any chart. */

/** What a key does to a position among `count` points; null leaves, undefined is not ours. */
export function moveBy(
  key: string,
  shift: boolean,
  at: number | null,
  count: number,
): number | null | undefined {
  const step = shift ? 10 : 1;
  const within = (point: number) => Math.min(count - 1, Math.max(0, point));
  switch (key) {
    case 'ArrowRight':
      return within(at === null ? 0 : at + step);
    case 'ArrowLeft':
      return within(at === null ? count - 1 : at - step);
    case 'Home':
      return 0;
    case 'End':
      return within(count - 1);
    case 'Escape':
      return null;
    default:
      return undefined;
  }
}
