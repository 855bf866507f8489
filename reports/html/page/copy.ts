/** Buttons that copy a table (cells parted by tabs, as spreadsheets take them) or a command. */

function textOf(element: HTMLElement): string {
  if (!(element instanceof HTMLTableElement)) return element.textContent ?? '';
  return [...element.rows]
    .map((row) =>
      [...row.cells].map((cell) => (cell.textContent ?? '').replace(/\s+/g, ' ').trim()).join('\t'),
    )
    .join('\n');
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A file opened from disk may not be given the clipboard; the old way still works there.
    const field = document.createElement('textarea');
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
  }
}

/** Puts a button at an element's upper right corner. */
export function addCopyButton(element: HTMLElement): void {
  const frame = document.createElement('div');
  frame.className = 'copyframe';
  element.before(frame);
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  frame.append(button, element);
  button.addEventListener('click', () => {
    void copy(textOf(element)).then(() => {
      button.textContent = 'Copied';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 1_500);
    });
  });
}
