/** The line above a chart: its series with their colours, and what they are where the cursor points. */

export interface ReadoutItem {
  label: string;
  value: string;
  /** Null for words without a line, such as the time. */
  colour: string | null;
  dashed: boolean;
}

function swatch(colour: string, dashed: boolean): HTMLElement {
  const mark = document.createElement('span');
  mark.className = 'swatch';
  mark.style.borderTopColor = colour;
  mark.style.borderTopStyle = dashed ? 'dashed' : 'solid';
  return mark;
}

function itemOf({ label, value, colour, dashed }: ReadoutItem): HTMLElement {
  const item = document.createElement('span');
  item.className = colour === null ? 'item moment' : 'item';
  if (colour !== null) item.append(swatch(colour, dashed));
  if (label !== '') item.append(`${label} `);
  const strong = document.createElement('strong');
  strong.textContent = value;
  item.append(strong);
  return item;
}

/** Shows items; a line that has once been taller stays so, or the page would jump under the pointer. */
export function showReadout(place: HTMLElement, items: readonly ReadoutItem[]): void {
  place.replaceChildren(...items.flatMap((item) => [itemOf(item), ' ']));
}
