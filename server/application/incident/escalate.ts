import { escalationOrder, nextToAsk, respondBy } from '../../domain/incident/index.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { type IncidentDeps, REPRISE, tellPages, tellPeople } from './deps.ts';

/** A worker asks so many at once; the next round finds the rest. */
const AT_ONCE = 50;

/**
 * Asks the next person about each incident that nobody has acknowledged in time. Each in a transaction of its own that
 * holds it, so that of two workers one asks. Answers how many were asked about.
 */
export async function escalateMissed(
  deps: IncidentDeps & { readonly unitOfWork: UnitOfWork },
): Promise<number> {
  let escalated = 0;
  while (escalated < AT_ONCE && (await escalateOne(deps))) escalated += 1;
  return escalated;
}

function escalateOne(deps: IncidentDeps & { readonly unitOfWork: UnitOfWork }): Promise<boolean> {
  return deps.unitOfWork.run(async (tx) => {
    const row = await deps.incidents.takeMissed(tx);
    if (row === null) return false;
    const now = await deps.incidents.now(tx);
    const order = escalationOrder(await deps.incidents.responders(tx), row.assignee);
    const to = nextToAsk(order, row.asked);
    const common = { incidentId: row.id, occurredAt: now, actor: REPRISE } as const;
    if (to === null) {
      // Where nobody may respond now, somebody may soon.
      const again = order.length === 0 ? respondBy(row.class, now, deps.calendar) : null;
      await deps.incidents.change(tx, row.id, { escalateAt: again });
      const why =
        order.length === 0 ? 'nobody may respond to incidents' : 'everybody who may respond was asked twice';
      await deps.incidents.note(tx, { ...common, kind: 'not-escalated', detail: { why } });
    } else {
      await deps.incidents.change(tx, row.id, {
        asked: [...row.asked, to],
        escalateAt: respondBy(row.class, now, deps.calendar),
      });
      await deps.incidents.note(tx, {
        ...common,
        kind: 'escalated',
        detail: { to, respondBy: row.respondBy.toISOString() },
      });
      await tellPeople(deps, tx, row, { kind: 'incident-escalated', to });
    }
    await deps.audit.append(tx, {
      actor: REPRISE,
      action: to === null ? 'incident.not-escalated' : 'incident.escalated',
      subject: `incident:${row.id}`,
      outcome: 'done',
      detail: { to, asked: row.asked.length },
    });
    await tellPages(deps, tx, row.id);
    return true;
  });
}
