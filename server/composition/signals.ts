import { randomUUID } from 'node:crypto';
import { incidentStore } from '../adapters/incidents/incident-store.ts';
import { noticeStore } from '../adapters/notices/notice-store.ts';
import { auditFrom } from '../adapters/postgres/audit.ts';
import { postgresNotifier } from '../adapters/postgres/live-feed.ts';
import type { IncidentDeps } from '../application/incident/deps.ts';
import { createIncidentSignals } from '../application/incident/signals.ts';
import type { AuditLog } from '../application/ports/audit.ts';
import type { IncidentSignals } from '../application/ports/incident-signals.ts';
import type { BusinessCalendar } from '../domain/incident/index.ts';

/** What the composition has. Without a calendar business days are those of UTC, without holidays. */
type Has = {
  readonly replayDeps?: { readonly audit: AuditLog };
  readonly calendar?: BusinessCalendar;
};

export const everyWeekday: BusinessCalendar = { timeZone: 'UTC', holidays: [] };

export function incidentDeps({ replayDeps, calendar = everyWeekday }: Has): IncidentDeps {
  return {
    incidents: incidentStore,
    audit: replayDeps?.audit ?? auditFrom('reprise'),
    notices: noticeStore,
    live: postgresNotifier,
    newId: randomUUID,
    calendar,
  };
}

export function incidentSignals(composed: Has): IncidentSignals {
  return createIncidentSignals(incidentDeps(composed));
}
