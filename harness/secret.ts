/** A secret that stands in the configuration by its name only. Its value is read when a run needs it. */
import { inspect } from 'node:util';
import { Problem } from '../measure/problem.ts';

const REDACTED = '[redacted]';

/** Marks a secret across copies of this module: a configuration elsewhere may load its own. */
const BRAND = Symbol.for('stormproof.secret');

export interface Secret {
  readonly [BRAND]: true;
  /** The environment variable that holds it. */
  readonly variable: string;
}

/**
 * A reference to an environment variable: `headers: { authorization: env('API_TOKEN') }`. It serialises, prints and
 * concatenates as `[redacted]`; only `revealSecret` reads it.
 */
export function env(variable: string): Secret {
  // Not enumerable: a spread or a deep copy must not turn it into plain data.
  return Object.defineProperties(Object.create(null), {
    [BRAND]: { value: true },
    variable: { value: variable },
    toJSON: { value: () => REDACTED },
    toString: { value: () => REDACTED },
    [Symbol.toPrimitive]: { value: () => REDACTED },
    [inspect.custom]: { value: () => REDACTED },
  }) as Secret;
}

export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
}

/**
 * Reads a secret out of the environment.
 * @param where path into the configuration, for the mistake
 * @throws Problem naming the variable, never its value, where it is unset or cannot stand in a header
 */
export function revealSecret(secret: Secret, environment: NodeJS.ProcessEnv, where: string): string {
  const value = environment[secret.variable];
  if (value === undefined || value === '') {
    throw new Problem(
      'E_ENV_UNSET',
      `the environment variable ${secret.variable} is not set. Expected the secret in it. Write: export ${secret.variable}=...`,
      where,
    );
  }
  return value;
}
