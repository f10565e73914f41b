import { mayDo } from '../../domain/access/index.ts';
import type { IncidentClass } from '../../domain/contract/index.ts';
import {
  type EntryKind,
  evolveIncident,
  type IncidentAct,
  respondBy,
  respondByAfterChange,
  whyNoClass,
  whyNoProof,
  whyNotOver,
} from '../../domain/incident/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import type { IncidentChange, IncidentRow, NewEntry } from '../ports/incidents.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type RespondDeps, tellPages, tellPeople } from './deps.ts';
import { beginAgain } from './signals.ts';

/** By whom, to what, and as which version they saw it. */
export type Request = {
  readonly incidentId: string;
  readonly personId: string;
  /** Of the incident that they had before them: where somebody else did something meanwhile, nothing is done. */
  readonly version: number;
};

/** What an act comes to: how the incident changes, and what its timeline and the audit say. */
type Outcome = {
  readonly change: IncidentChange;
  readonly kind: EntryKind;
  readonly text?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly evidenceId?: string;
  readonly tell?: { readonly kind: 'incident-opened' | 'incident-recovered'; readonly why?: string };
};

/** What opens an incident holds its cause too. */
type Lock = 'lock' | 'lockWithCause';

async function act(
  deps: RespondDeps,
  request: Request,
  decide: (row: IncidentRow, tx: Transaction, now: Date) => Outcome | Promise<Outcome>,
  lock: Lock = 'lock',
): Promise<{ readonly version: number }> {
  return deps.unitOfWork.run(async (tx) => {
    const row = await hold(deps, tx, request, lock);
    if (row.version !== request.version) throw await meanwhile(deps, tx, row);
    const now = await deps.incidents.now(tx);
    const { change, kind, text, detail = {}, evidenceId, tell } = await decide(row, tx, now);
    const version = row.version + 1;
    await deps.incidents.change(tx, row.id, { ...change, version });
    const entry: NewEntry = { incidentId: row.id, kind, occurredAt: now, actor: request.personId, detail };
    await deps.incidents.note(tx, {
      ...entry,
      ...(text === undefined ? {} : { text }),
      ...(evidenceId === undefined ? {} : { evidenceId }),
    });
    await note(deps, tx, request, `incident.${kind}`, {
      ...detail,
      ...(text === undefined ? {} : { reason: text }),
      ...(evidenceId === undefined ? {} : { evidenceId }),
    });
    if (kind === 'recovered') await deps.draftReview(tx, row.id, request.personId);
    if (tell !== undefined) await tellPeople(deps, tx, row, { ...tell, except: request.personId });
    await tellPages(deps, tx, row.id);
    return { version };
  });
}

/** Holds the incident, and looks once more at the right of whoever asks. */
export async function hold(
  deps: RespondDeps,
  tx: Transaction,
  { incidentId, personId }: Omit<Request, 'version'>,
  lock: Lock = 'lock',
): Promise<IncidentRow> {
  const row = await deps.incidents[lock](tx, incidentId);
  if (row === null) throw new RepriseError('incident-not-found', `There is no incident ${incidentId}.`);
  await refuseLost(deps, tx, personId, 'respond');
  return row;
}

export function note(
  deps: Pick<RespondDeps, 'audit'>,
  tx: Transaction,
  { incidentId, personId }: Omit<Request, 'version'>,
  action: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  return deps.audit.append(tx, {
    actor: personId,
    action,
    subject: `incident:${incidentId}`,
    outcome: 'done',
    detail,
  });
}

const didWords: Partial<Record<EntryKind, string>> = {
  acknowledged: 'acknowledged it',
  assigned: 'assigned it',
  'class-changed': 'changed its class',
  mitigating: 'began to mitigate it',
  recovered: 'said that it is over',
  reviewed: 'reviewed it',
  closed: 'closed it',
  reopened: 'opened it again',
};

async function meanwhile(deps: RespondDeps, tx: Transaction, row: IncidentRow): Promise<RepriseError> {
  const last = await deps.incidents.lastAct(tx, row.id);
  const what =
    last === null ? 'somebody changed it' : `${last.by} has ${didWords[last.kind] ?? 'changed it'}`;
  return conflict(`Meanwhile ${what}, so nothing was done. Look at it as it is now, then do it again.`);
}

const conflict = (sentence: string) => new RepriseError('incident-conflict', sentence);

/** Where it stands afterwards, or the refusal. Whoever does anything to it has seen it. */
function moved(row: IncidentRow, what: IncidentAct, now: Date, personId: string) {
  const status = evolveIncident(row.status, what);
  if (status === null) throw conflict(`It is ${row.status}, from where nobody can ${what} it.`);
  return {
    status,
    escalateAt: null,
    ...(row.acknowledgedAt === null ? { acknowledgedAt: now, acknowledgedBy: personId } : {}),
  };
}

function needed(reason: string, what: string): string {
  const said = reason.trim();
  if (said === '') throw new RepriseError('input-invalid', `${what} has a reason.`, { where: 'reason' });
  return said;
}

export function createResponses(deps: RespondDeps) {
  return {
    acknowledge: (request: Request) =>
      act(deps, request, (row, _tx, now) => ({
        change: moved(row, 'acknowledge', now, request.personId),
        kind: 'acknowledged',
      })),

    assign: (request: Request & { readonly assignee: string | null }) =>
      act(deps, request, async (row, tx) => {
        const { assignee } = request;
        if (row.status === 'closed') throw conflict('It is closed, so that nobody works on it any more.');
        const standing = assignee === null ? null : await deps.people.standing(tx, assignee);
        if (
          assignee !== null &&
          (standing === null || standing.disabled || !mayDo(standing.roles, 'respond'))
        )
          throw new RepriseError(
            'input-invalid',
            'This person may not respond to incidents: choose an operator or an approver.',
            { where: 'assignee' },
          );
        return { change: { assignee }, kind: 'assigned', detail: { to: assignee } };
      }),

    setClass: (request: Request & { readonly class: IncidentClass; readonly reason: string }) =>
      act(deps, request, (row, _tx, now) => {
        const reason = needed(request.reason, 'Another class');
        if (row.status === 'closed') throw conflict('It is closed, with the class that it had then.');
        if (row.class === request.class) throw conflict(`It is a ${row.class} already.`);
        const refused = whyNoClass(row.kind, request.class);
        if (refused !== null) throw new RepriseError('input-invalid', refused, { where: 'class' });
        const change = { from: row.class, to: request.class, openedAt: row.clockFrom, changedAt: now };
        const by = respondByAfterChange({ ...change, before: row.respondBy }, deps.calendar);
        const runs = row.status === 'detected' && row.clearedAt === null;
        return {
          change: {
            class: request.class,
            classSaidBy: request.personId,
            respondBy: by,
            // Nobody is asked of what is over.
            ...(runs ? { escalateAt: by, asked: [] } : {}),
          },
          kind: 'class-changed',
          text: reason,
          detail: { from: row.class, to: request.class },
        };
      }),

    mitigate: (request: Request) =>
      act(deps, request, (row, _tx, now) => ({
        change: moved(row, 'mitigate', now, request.personId),
        kind: 'mitigating',
      })),

    /** By a record that proves it, or with a reason. */
    recover: (request: Request & { readonly evidenceId: string | null; readonly reason: string }) =>
      act(deps, request, async (row, tx, now) => {
        const { evidenceId, personId } = request;
        const change = moved(row, 'recover', now, personId);
        const goesOn = whyNotOver(row);
        if (goesOn !== null) throw conflict(goesOn);
        const reason = request.reason.trim();
        if (evidenceId === null) needed(request.reason, 'A recovery without a record of evidence');
        else {
          const why = whyNoProof(row, await deps.incidents.record(tx, evidenceId));
          if (why !== null) throw new RepriseError('input-invalid', why, { where: 'evidenceId' });
          await deps.incidents.linkEvidence(tx, row.id, evidenceId, personId);
        }
        return {
          change: {
            ...change,
            recoveredAt: now,
            recoveryEvidenceId: evidenceId,
            recoveryReason: reason === '' ? null : reason,
          },
          kind: 'recovered',
          text: reason,
          ...(evidenceId === null ? {} : { evidenceId }),
          tell: { kind: 'incident-recovered' },
        };
      }),

    review: (request: Request & { readonly reason: string }) =>
      act(deps, request, (row, _tx, now) => ({
        change: moved(row, 'review', now, request.personId),
        kind: 'reviewed',
        text: needed(request.reason, 'A review'),
      })),

    close: (request: Request) =>
      act(deps, request, (row, _tx, now) => ({
        change: moved(row, 'close', now, request.personId),
        kind: 'closed',
      })),

    reopen: (request: Request & { readonly reason: string }) =>
      act(
        deps,
        request,
        async (row, tx, now) => {
          const text = needed(request.reason, 'Opening it again');
          moved(row, 'reopen', now, request.personId);
          if (await deps.incidents.isOpenElsewhere(tx, row.id, row.cause))
            throw conflict('Another incident of the same cause is open: go on with that one.');
          const by = respondBy(row.class, now, deps.calendar);
          return {
            change: { ...beginAgain(row, now, by) },
            kind: 'reopened',
            text,
            tell: { kind: 'incident-opened', why: 'somebody has opened it again' },
          };
        },
        'lockWithCause',
      ),
  };
}

export type Responses = ReturnType<typeof createResponses>;
