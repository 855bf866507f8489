/** What `npm run dashboards` writes, by path in `reports/grafana/`. Pure: the same bytes each time. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { alertRules } from './alerts.ts';
import { businessDashboard } from './business.ts';
import { drillDashboard } from './drill.ts';
import { historyDashboard } from './history.ts';
import { loadDashboard } from './load.ts';

export function renderGrafanaFiles(): Record<string, string> {
  return {
    'dashboards/load.json': json(dashboardOf(loadDashboard())),
    'dashboards/business.json': json(dashboardOf(businessDashboard())),
    'dashboards/drill.json': json(dashboardOf(drillDashboard())),
    'dashboards/history.json': json(dashboardOf(historyDashboard())),
    'alerts.json': json(alertRules()),
  };
}

/** With numbers for its panels, which Grafana would otherwise give anew at each import. */
function dashboardOf(builder: DashboardBuilder): object {
  const dashboard = builder.build();
  const panels = (dashboard.panels ?? []).map((panel, i) => ({ ...panel, id: i + 1 }));
  return { ...dashboard, panels };
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
