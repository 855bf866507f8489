import { Problems } from '../measure/problem.ts';

/** What was thrown, as part of a sentence: its first line, without a full stop. */
export function causeOf(error: unknown): string {
  if (error instanceof Problems) return `${error.title}: ${error.list.map(causeOf).join('; ')}`;
  const message = error instanceof Error ? error.message || error.name : String(error);
  return message.split('\n')[0]!.trim().replace(/\.$/, '');
}
