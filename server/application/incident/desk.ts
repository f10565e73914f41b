import { mayDo } from '../../domain/access/index.ts';
import {
  actsNow,
  escalationOrder,
  isOpen,
  whyNoOtherClass,
  whyNoProof,
  whyNotOver,
} from '../../domain/incident/index.ts';
import type { PageRequest } from '../ports/dashboard.ts';
import type {
  IncidentFileView,
  IncidentFilter,
  IncidentReads,
  IncidentSummary,
  IncidentView,
  OpenIncidents,
  Timeline,
} from '../ports/incident-reads.ts';
import type { IncidentRow } from '../ports/incidents.ts';
import type { PageReads } from '../ports/page-reads.ts';
import type { Page } from '../views.ts';
import type { RespondDeps } from './deps.ts';
import { createRecording, type Recording } from './record.ts';
import { createResponses, type Responses } from './respond.ts';

export type DeskDeps = RespondDeps & {
  readonly reads: IncidentReads;
  readonly pages: Pick<PageReads, 'standing'>;
};

/** What people see of incidents, and do about them. */
export type IncidentDesk = Responses &
  Recording & {
    list(filter: IncidentFilter, page: PageRequest): Promise<Page<IncidentSummary>>;
    /** How many are open, and the most urgent of them. */
    openNow(): Promise<OpenIncidents>;
    countOpen(): Promise<number>;
    get(id: string): Promise<IncidentView | null>;
    /** Lines of the timeline before a place. */
    timeline(id: string, page: PageRequest): Promise<Timeline>;
    ofRecord(evidenceId: string): Promise<readonly IncidentSummary[]>;
    /** Who may respond, in the order in which they are asked. */
    responders(): Promise<readonly { readonly id: string; readonly name: string }[]>;
    file(incidentId: string, fileId: string): Promise<IncidentFileView | null>;
  };

export function createIncidentDesk(deps: DeskDeps): IncidentDesk {
  const { reads, unitOfWork } = deps;
  return {
    ...createResponses(deps),
    ...createRecording(deps),
    list: (filter, page) => unitOfWork.run((tx) => reads.list(tx, filter, page)),
    openNow: () => unitOfWork.run((tx) => reads.open(tx, 20)),
    countOpen: async () => (await unitOfWork.run((tx) => reads.open(tx, 0))).count,
    get: (id) => readIncident(deps, id),
    timeline: (id, page) => unitOfWork.run((tx) => reads.timeline(tx, id, page)),
    ofRecord: (evidenceId) => unitOfWork.run((tx) => reads.ofRecord(tx, evidenceId)),
    async responders() {
      const people = await unitOfWork.run((tx) => deps.incidents.responders(tx));
      const names = new Map(people.map(({ id, name }) => [id, name]));
      const may = people.filter(({ roles }) => mayDo(roles, 'respond'));
      return escalationOrder(may, null).map((id) => ({ id, name: names.get(id) ?? id }));
    },
    file: (incidentId, fileId) => unitOfWork.run((tx) => reads.file(tx, incidentId, fileId)),
  };
}

/** What the page shows at once; earlier lines are a page further. */
const LINES_AT_FIRST = 500;

async function readIncident(
  { reads, unitOfWork, pages }: DeskDeps,
  id: string,
): Promise<IncidentView | null> {
  const found = await unitOfWork.run(async (tx) => {
    const row = await reads.row(tx, id);
    if (row === null) return null;
    return {
      row,
      timeline: await reads.timeline(tx, id, { limit: LINES_AT_FIRST }),
      records: await reads.records(tx, id),
      related: await reads.related(tx, id),
    };
  });
  if (found === null) return null;
  const { row, timeline, related } = found;
  const records = found.records.map((record) => ({
    ...record,
    whyNoProof: whyNoProof(row, {
      contractId: record.contractId,
      confidence: record.confidence,
      agreement: record.agreement,
      coverage: record.coverage,
      measuredAt: new Date(record.measuredAt),
    }),
  }));
  const { lines, earlier } = timeline;
  return { ...viewOf(row), timeline: lines, earlier, records, related, states: await statesOf(pages, row) };
}

async function statesOf(pages: DeskDeps['pages'], row: IncidentRow): Promise<IncidentView['states']> {
  const proof = row.contractId === null ? null : await pages.standing(row.contractId, undefined);
  if (proof === null || proof.comparisons.length === 0) return null;
  return {
    replayId: proof.replay.id,
    comparedAt: proof.replay.endedAt ?? proof.replay.requestedAt,
    rows: proof.comparisons.map((each) => ({
      derivedState: each.derivedState,
      outcome: each.outcome,
      keys: each.keys,
      differing: each.missing + each.extra + each.different,
      eventsBehind: each.eventsBehind,
    })),
  };
}

const iso = (at: Date | null) => at?.toISOString() ?? null;

function viewOf(
  row: IncidentRow,
): Omit<IncidentView, 'timeline' | 'earlier' | 'records' | 'related' | 'states'> {
  const { cause, kind, title, facts, href, runbook, scope, status, version } = row;
  return {
    ...{ cause, kind, title, facts, href, runbook, scope, status, version },
    id: row.id,
    contractId: row.contractId,
    class: row.class,
    classSaidBy: row.classSaidBy,
    isOpen: isOpen(status),
    beganAt: row.beganAt.toISOString(),
    openedAt: row.openedAt.toISOString(),
    openedBy: row.openedBy,
    respondBy: row.respondBy.toISOString(),
    escalateAt: iso(row.escalateAt),
    asked: row.asked,
    acts: actsNow(status),
    whyNotOver: whyNotOver(row),
    whyNoClass: whyNoOtherClass(kind, row.class),
    acknowledgedAt: iso(row.acknowledgedAt),
    acknowledgedBy: row.acknowledgedBy,
    assignee: row.assignee,
    clearedAt: iso(row.clearedAt),
    told: row.told,
    recoveredAt: iso(row.recoveredAt),
    recoveryEvidenceId: row.recoveryEvidenceId,
    recoveryReason: row.recoveryReason,
    reopened: row.reopened,
  };
}
