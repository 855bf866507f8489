/** A tagged template that escapes by default: text from outside can never become markup. */

const MARKUP = Symbol('markup');

/** Text that is HTML already. Only `html` and `trusted` make it. */
export interface Markup {
  readonly [MARKUP]: string;
}

type Part = Markup | string | number | null | false | readonly Part[];

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for an element or a quoted attribute. */
function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function textOf(part: Part): string {
  if (part === null || part === false) return '';
  if (typeof part === 'string') return escapeText(part);
  if (typeof part === 'number') return String(part);
  if (MARKUP in part) return part[MARKUP];
  return part.map(textOf).join('');
}

/** Builds markup; whatever is put in is escaped, save markup. Null and false are left out, arrays are joined. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Markup {
  return { [MARKUP]: texts.map((text, i) => text + textOf(parts[i] ?? null)).join('') };
}

/** Declares text of our own making to be HTML (a stylesheet, a bundle). Never for anything that was read. */
export function trusted(text: string): Markup {
  return { [MARKUP]: text };
}

/** The finished text. */
export function render(markup: Markup): string {
  return markup[MARKUP];
}

/** Data for a `<script type="application/json">`: nothing in it can end the element. */
export function embedJson(data: unknown): Markup {
  return trusted(JSON.stringify(data).replace(/</g, '\\u003c'));
}
