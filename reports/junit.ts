/**
 * `junit.xml`: a test case a claim, for CI. FAIL is a `<failure>`; INCONCLUSIVE and ABORTED are an `<error>`, never
 * `<skipped>`: CI shows a skipped test green, and a claim that could not be judged did not hold.
 */
import type { Measurement } from '../measure/measurement.ts';
import type { JudgedClaim, VerdictWord } from '../measure/verdict.ts';
import { claimedWords, drillFacts, nameOf, withNamedRegions } from './drill-words.ts';
import { evidenceDamage, formatMeasured, plainEvidence, verdictSentence } from './words.ts';

interface TestCase {
  name: string;
  verdict: VerdictWord;
  /** One sentence; empty for a PASS that needs none. */
  message: string;
  details: string;
}

/** What XML 1.0 cannot hold in any spelling: most control characters, half a surrogate pair, two non-characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // Written as they are, a reader would turn these into spaces inside an attribute.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Text for an attribute: whatever it holds, the document stays well-formed. */
function attribute(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"'\t\n\r]/g, (character) => ENTITIES[character]!);
}

/** Text between tags: as an attribute's, its line breaks left as they are. */
function content(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>\r]/g, (character) => ENTITIES[character]!);
}

/** A test's name is its history in CI: it holds no number that changes from run to run. */
function uniqueName(title: string, id: string, taken: ReadonlySet<string>): string {
  if (!taken.has(title)) return title;
  const named = `${title} (${id})`;
  for (let n = 2; ; n += 1) {
    const name = n === 2 ? named : `${named} ${n - 1}`;
    if (!taken.has(name)) return name;
  }
}

function detailsOf(claim: JudgedClaim, measurement: Measurement): string {
  const numbers = `claimed ${claimedWords(claim, measurement.run)}, measured ${formatMeasured(claim)}`;
  return [numbers, plainEvidence(claim, measurement), claim.reason].filter((line) => line !== '').join('\n');
}

function casesOf(measurement: Measurement): TestCase[] {
  const { verdict } = measurement;
  const taken = new Set<string>();
  const cases = verdict.claims.map((claim): TestCase => {
    const name = uniqueName(claim.title, claim.id, taken);
    taken.add(name);
    const details = detailsOf(claim, measurement);
    return { name, verdict: claim.verdict, message: claim.reason || details.split('\n')[0]!, details };
  });
  const restored = drillFacts(measurement).find(({ label }) => label === 'restored');
  if (restored !== undefined && verdict.drill?.restored !== true) {
    const message = `restored: ${restored.sentence}`;
    const name = uniqueName('restored', 'drill', taken);
    taken.add(name);
    cases.push({ name, verdict: 'INCONCLUSIVE', message, details: message });
  }
  // The run's own verdict shows even where no claim carries it: stopped by ctrl-c, or nothing was claimed.
  const isShown = cases.some((one) => kindOf(one.verdict) === kindOf(verdict.verdict));
  if (isShown) return cases;
  const sentence = verdictSentence(measurement);
  return [
    ...cases,
    {
      name: uniqueName('run', 'verdict', taken),
      verdict: verdict.verdict,
      message: sentence,
      details: sentence,
    },
  ];
}

function kindOf(verdict: VerdictWord): 'passed' | 'failure' | 'error' {
  if (verdict === 'PASS') return 'passed';
  return verdict === 'FAIL' ? 'failure' : 'error';
}

function renderCase({ name, verdict, message, details }: TestCase, suite: string): string[] {
  const open = `    <testcase classname="${attribute(suite)}" name="${attribute(name)}" time="0"`;
  const kind = kindOf(verdict);
  if (kind === 'passed')
    return [`${open}>`, `      <system-out>${content(details)}</system-out>`, '    </testcase>'];
  const element = `<${kind} type="${verdict}" message="${attribute(`${verdict}: ${message}`)}">${content(details)}</${kind}>`;
  return [`${open}>`, `      ${element}`, '    </testcase>'];
}

function propertiesOf({ run, verdict }: Measurement): [name: string, value: string][] {
  return [
    ['run', run.run],
    ['verdict', verdict.verdict],
    ['target', run.target.url],
    ['command', run.command],
    ['commit', run.git === null ? '' : `${run.git.commit}${run.git.dirty ? ' (dirty)' : ''}`],
    ...Object.entries(verdict.orders).map(([name, count]): [string, string] => [
      `orders.${name}`,
      String(count),
    ]),
  ];
}

/** The whole of `junit.xml`. The same measurement gives the same bytes. */
export function renderJunit(given: Measurement): string {
  const measurement = withNamedRegions(given);
  const { run, verdict } = measurement;
  const suite = `stormproof.${run.kind}.${nameOf(run)}`;
  const cases = casesOf(measurement);
  const count = (kind: 'failure' | 'error') => cases.filter((one) => kindOf(one.verdict) === kind).length;
  const durationS = measurement.seconds.length;
  const totals = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`;
  const said = [
    `${verdict.verdict}: ${verdictSentence(measurement)}`,
    ...verdict.reasons.slice(1),
    ...drillFacts(measurement).map(({ label, sentence }) => `${label}: ${sentence}`),
    ...run.notes,
    evidenceDamage(measurement.evidence),
  ].filter((line) => line !== '');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="stormproof" ${totals} time="${durationS}">`,
    `  <testsuite name="${attribute(suite)}" ${totals} skipped="0" time="${durationS}" timestamp="${attribute(run.startedAt)}">`,
    '    <properties>',
    ...propertiesOf(measurement).map(
      ([name, value]) => `      <property name="${attribute(name)}" value="${attribute(value)}"/>`,
    ),
    '    </properties>',
    ...cases.flatMap((one) => renderCase(one, suite)),
    `    <system-out>${content(said.join('\n'))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
