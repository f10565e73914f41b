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

function whyNobody(order: readonly string[], reached: readonly string[]): string {
  if (order.length === 0) return 'nobody may respond to incidents';
  return reached.length === 0
    ? 'nobody who may respond can be reached by e-mail or webhook'
    : 'everybody who may respond and can be reached was asked twice';
}

function escalateOne(deps: IncidentDeps & { readonly unitOfWork: UnitOfWork }): Promise<boolean> {
  return deps.unitOfWork.run(async (tx) => {
    const row = await deps.incidents.takeMissed(tx);
    if (row === null) return false;
    const now = await deps.incidents.now(tx);
    const people = await deps.incidents.responders(tx);
    const order = escalationOrder(people, row.assignee);
    const ways = new Map(people.map((each) => [each.id, each.ways]));
    const reached = order.filter((id) => (ways.get(id) ?? []).length > 0);
    const passedOver = order.filter((id) => !reached.includes(id));
    const to = nextToAsk(reached, row.asked);
    const common = { incidentId: row.id, occurredAt: now, actor: REPRISE } as const;
    if (to === null) {
      // Where nobody can be asked now, somebody may soon.
      const again = reached.length === 0 ? respondBy(row.class, now, deps.calendar) : null;
      await deps.incidents.change(tx, row.id, { escalateAt: again });
      await deps.incidents.note(tx, {
        ...common,
        kind: 'not-escalated',
        detail: { why: whyNobody(order, reached), passedOver },
      });
    } else {
      await deps.incidents.change(tx, row.id, {
        asked: [...row.asked, to],
        escalateAt: respondBy(row.class, now, deps.calendar),
      });
      await deps.incidents.note(tx, {
        ...common,
        kind: 'escalated',
        detail: { to, by: ways.get(to) ?? [], passedOver, respondBy: row.respondBy.toISOString() },
      });
      await tellPeople(deps, tx, row, { kind: 'incident-escalated', to });
    }
    await deps.audit.append(tx, {
      actor: REPRISE,
      action: to === null ? 'incident.not-escalated' : 'incident.escalated',
      subject: `incident:${row.id}`,
      outcome: 'done',
      detail: { to, by: to === null ? [] : (ways.get(to) ?? []), passedOver, asked: row.asked.length },
    });
    await tellPages(deps, tx, row.id);
    return true;
  });
}
