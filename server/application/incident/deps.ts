import type { BusinessCalendar } from '../../domain/incident/index.ts';
import type { Sha256 } from '../../domain/shared/digests.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { NewId } from '../ports/clock.ts';
import type { IncidentStore } from '../ports/incidents.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { NoticeOutbox } from '../ports/notices.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';

/** What telling of an incident needs. */
export type IncidentDeps = {
  readonly incidents: IncidentStore;
  readonly audit: AuditLog;
  readonly notices: NoticeOutbox;
  readonly live: LiveNotifier;
  readonly newId: NewId;
  readonly calendar: BusinessCalendar;
};

/** What people's acts need beyond that. */
export type RespondDeps = IncidentDeps & {
  readonly unitOfWork: UnitOfWork;
  readonly people: PeopleStore;
  readonly sha256: Sha256;
  /** Begins the review of an incident that has just recovered, or gives its draft a new set of facts. */
  readonly draftReview: (tx: Transaction, incidentId: string, actor: string) => Promise<void>;
};

/** Who acts by itself. */
export const REPRISE = 'reprise';

export async function tellPages(
  deps: Pick<IncidentDeps, 'live'>,
  tx: Transaction,
  id: string,
): Promise<void> {
  for (const topic of ['incidents', `incident:${id}`]) await deps.live.notify(tx, topic);
}

/** People are told in the transaction in which it becomes so. */
export function tellPeople(
  deps: Pick<IncidentDeps, 'notices'>,
  tx: Transaction,
  incident: { readonly id: string; readonly contractId: string | null },
  telling: {
    readonly kind: 'incident-opened' | 'incident-escalated' | 'incident-recovered';
    readonly why?: string;
    /** Whose own act it is. */
    readonly except?: string;
    /** One person alone. */
    readonly to?: string;
  },
): Promise<void> {
  const { kind, why, except, to } = telling;
  return deps.notices.tell(tx, {
    kind,
    subject: { kind: 'incident', id: incident.id },
    contractId: incident.contractId ?? '',
    contractVersion: 0,
    requestedBy: '',
    audience: [to === undefined ? 'responders' : 'named'],
    ...(why === undefined ? {} : { why }),
    ...(except === undefined ? {} : { except: [except] }),
    ...(to === undefined ? {} : { to: [to] }),
  });
}
