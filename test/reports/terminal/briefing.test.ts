import { expect, it } from 'vitest';
import { DRILLS } from '../../../chaos/drills.ts';
import { predict } from '../../../chaos/predict.ts';
import { resolveDrill } from '../../../chaos/resolve-drill.ts';
import { renderBriefing } from '../../../reports/terminal/briefing.ts';

it.each(DRILLS.map((drill) => [drill.name, drill] as const))(
  'says what %s is to show before anything is broken',
  (_, drill) => {
    const { record, claims } = resolveDrill(drill, {}, { timeScale: 0.05 });
    const predicted = predict(record, null, claims);
    const place = { platform: 'lab', primary: 'seoul', standby: 'tokyo', losses: [], predicted };
    const text = renderBriefing({ ...record, ...place }, ['a note'], { columns: 80, colour: false }).join(
      '\n',
    );
    expect(text).toContain(`stormproof drill · ${drill.name} · lab · Seoul and Tokyo`);
    expect(text).toContain('predicted  uncertain');
    expect(text).toContain('note a note');
  },
);
