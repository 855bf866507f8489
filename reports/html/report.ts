/** One run as one HTML file that needs no network: `report.html`. A pure function of the measurement. */
import type { Measurement } from '../../measure/measurement.ts';
import { withNamedRegions } from '../drill-words.ts';
import { arrivalsTable } from './arrivals-table.ts';
import { timelineModel } from './charts.ts';
import { claimsTable } from './claims-table.ts';
import { distributionModel } from './distribution.ts';
import { renderDocument } from './document.ts';
import { drillAnchors, drillSection } from './drill-section.ts';
import { anchorsOf, chartsSection, distributionSection } from './figures.ts';
import { reportHeader } from './header.ts';
import { happeningsOf } from './marks.ts';
import { methodSection } from './method.ts';

/**
 * Renders the report of one run. The same measurement gives the same bytes.
 * @param grafana where Grafana shows the run; empty where it is not known
 */
export function renderHtml(given: Measurement, grafana = ''): string {
  const measurement = withNamedRegions(given);
  const timeline = timelineModel(measurement);
  const distribution = distributionModel(measurement);
  const anchors = new Set([...anchorsOf(timeline, distribution), ...drillAnchors(measurement)]);
  const drill = drillSection(measurement);
  return renderDocument(
    `${measurement.verdict.verdict} ${measurement.run.run}`,
    [
      reportHeader(measurement, grafana),
      claimsTable(measurement, anchors),
      ...(drill === null ? [] : [drill]),
      arrivalsTable(measurement),
      chartsSection(timeline, '', measurement.verdict.verdict === 'PASS'),
      distributionSection(distribution),
      methodSection(measurement, happeningsOf(measurement)),
    ],
    { timeline, distribution },
  );
}
