/** The whole file: head, policy, styles, the sections that it is given, the data and the script. */
import { pageScript, pageStyles, scriptHash } from './bundle.ts';
import { embedJson, html, type Markup, render, trusted } from './escape.ts';
import type { ReportModel } from './model.ts';
import { EMPTY, SECTIONS } from './phrases.ts';

/**
 * Builds a document that needs nothing but itself. Its policy forbids every request, and every script but ours.
 * @param title shown in the browser's tab
 * @param sections what stands between `<main>` and `</main>`, its header first
 */
export function renderDocument(title: string, sections: readonly Markup[], model: ReportModel): string {
  const script = pageScript();
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${scriptHash(script)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return render(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(pageStyles())}</style>
</head>
<body>
<a class="skip" href="#charts">${SECTIONS.skip}</a>
<main>
${sections}
</main>
<noscript><p class="note">${EMPTY.script}</p></noscript>
<p id="spoken" class="unseen" aria-live="polite"></p>
<script type="application/json" id="model">${embedJson(model)}</script>
<script>${trusted(script)}</script>
</body>
</html>
`);
}
