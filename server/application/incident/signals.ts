import {
  areRelated,
  classRules,
  hearSignal,
  isOpen,
  RELATED_MS,
  respondBy,
  respondByAfterChange,
} from '../../domain/incident/index.ts';
import type { IncidentSignals, Over, Signal } from '../ports/incident-signals.ts';
import type { IncidentRow, IncidentSaid, NewIncident } from '../ports/incidents.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { type IncidentDeps, REPRISE, tellPages, tellPeople } from './deps.ts';

/** Opens, tells and opens again: one cause has one open incident, however often and by however many it is told. */
export function createIncidentSignals(deps: IncidentDeps): IncidentSignals {
  return {
    async raise(tx, told) {
      const known = await deps.incidents.holdCause(tx, told.cause);
      const now = await deps.incidents.now(tx);
      const signal = { ...told, ...noLaterThan(now, told) };
      if (known !== null && isOutdated(known, signal)) return { incidentId: known.id, isNew: false };
      const heard = hearSignal(
        { ...signal, isOver: signal.over !== undefined },
        known === null ? null : { ...known, classIsSaid: known.classSaidBy !== null },
        now,
      );
      if (known === null || heard.is === 'new') {
        const incidentId = await open(deps, tx, signal, now);
        if (signal.over !== undefined) await end(deps, tx, incidentId, signal.cause, signal.over, now);
        return { incidentId, isNew: true };
      }
      // What is over already was over all the time, as far as anybody was told.
      const stays = signal.over === undefined ? null : known.clearedAt;
      const measuredAt = latest(known.measuredAt, signal.measuredAt);
      const said = { ...saidBy(signal), told: known.told + 1, clearedAt: stays, measuredAt };
      switch (heard.is) {
        case 'back':
          await openAgain(deps, tx, known, { signal, said, class: heard.class, now });
          break;
        case 'worse': {
          const change = { from: known.class, to: heard.class, openedAt: known.clockFrom, changedAt: now };
          // The clock stood while it was over, so that it begins again.
          const begins = known.clearedAt !== null && stays === null;
          const by = begins
            ? respondBy(heard.class, now, deps.calendar)
            : respondByAfterChange({ ...change, before: known.respondBy }, deps.calendar);
          await deps.incidents.change(tx, known.id, {
            ...said,
            class: heard.class,
            respondBy: by,
            lastToldAt: now,
            ...(begins ? { clockFrom: now, returnedAt: now } : {}),
            // Nobody is asked of what is over.
            ...(known.status === 'detected' && stays === null ? { escalateAt: by, asked: [] } : {}),
          });
          await noteTelling(deps, tx, known.id, signal, 'worse', now, { from: known.class, to: heard.class });
          await audit(deps, tx, known.id, 'incident.worse', { from: known.class, to: heard.class });
          await tellPeople(deps, tx, known, { kind: 'incident-opened', why: 'it got worse' });
          break;
        }
        case 'returned':
        case 'again':
          await deps.incidents.change(tx, known.id, {
            ...said,
            lastToldAt: now,
            ...(heard.is === 'returned' ? { returnedAt: now } : {}),
            // Nobody was asked while it was over, and whoever is asked now has all of the time.
            ...(heard.is === 'returned' && known.status === 'detected'
              ? { ...clockFrom(now, respondBy(known.class, now, deps.calendar)), asked: [] }
              : {}),
          });
          await noteTelling(
            deps,
            tx,
            known.id,
            signal,
            heard.is === 'returned' ? 'returned' : 'raised-again',
            now,
          );
          // Whoever works on it, or has acknowledged it, has seen that it is over.
          if (heard.is === 'returned')
            await tellPeople(deps, tx, known, { kind: 'incident-opened', why: 'its cause is back' });
          break;
        case 'same':
          await deps.incidents.change(tx, known.id, said);
      }
      if (signal.over !== undefined && (stays === null || heard.is === 'back'))
        await end(deps, tx, known.id, known.cause, signal.over, now);
      else await tellPages(deps, tx, known.id);
      return { incidentId: known.id, isNew: false };
    },

    async clear(tx, told) {
      const known = await deps.incidents.holdCause(tx, told.cause);
      if (known === null || !isOpen(known.status)) return;
      const now = await deps.incidents.now(tx);
      const over = { ...told, at: earlier(told.at, now), ...noLaterThan(now, told) };
      const { measuredAt } = over;
      // What was measured before it began, or before it was found last, says nothing of it.
      if (
        measuredAt === undefined ? over.at.getTime() < known.beganAt.getTime() : !isNewer(measuredAt, known)
      )
        return;
      if (measuredAt !== undefined) await deps.incidents.change(tx, known.id, { measuredAt });
      if (known.clearedAt === null) await end(deps, tx, known.id, known.cause, over, now);
    },
  };
}

/**
 * Nothing was measured later than it is told, by the database's clock. A worker's may go ahead of it, and what others find
 * until then would be older than what that worker has told.
 */
function noLaterThan(
  now: Date,
  { measuredAt, over }: Pick<Signal, 'measuredAt' | 'over'>,
): Pick<Signal, 'measuredAt' | 'over'> {
  return {
    ...(measuredAt === undefined ? {} : { measuredAt: earlier(measuredAt, now) }),
    ...(over === undefined ? {} : { over: { ...over, at: earlier(over.at, now) } }),
  };
}

const earlier = (one: Date, other: Date) => (one.getTime() < other.getTime() ? one : other);

/** A newer measurement has found its cause over: that it was not before then is known already. */
function isOutdated({ clearedAt, measuredAt }: IncidentRow, signal: Signal): boolean {
  if (clearedAt === null || signal.measuredAt === undefined) return false;
  return signal.measuredAt.getTime() < (latest(clearedAt, measuredAt) ?? clearedAt).getTime();
}

/** Than all that was found of the incident so far. */
function isNewer(
  at: Date,
  { beganAt, returnedAt, reopened, clockFrom: from, measuredAt }: IncidentRow,
): boolean {
  const found = [beganAt, returnedAt, reopened > 0 ? from : null, measuredAt];
  return found.every((each) => each === null || at.getTime() > each.getTime());
}

function latest(one: Date | null, other: Date | null | undefined): Date | null {
  if (one === null || other === null || other === undefined) return one ?? other ?? null;
  return one.getTime() < other.getTime() ? other : one;
}

async function end(
  deps: IncidentDeps,
  tx: Transaction,
  id: string,
  cause: string,
  over: Over,
  now: Date,
): Promise<void> {
  await deps.incidents.change(tx, id, {
    clearedAt: over.at,
    lastToldAt: now,
    // It is still to be acknowledged, and wakes nobody else for it.
    escalateAt: null,
  });
  await deps.incidents.note(tx, {
    incidentId: id,
    kind: 'cleared',
    occurredAt: over.at,
    actor: REPRISE,
    text: over.sentence,
    detail: { facts: over.facts },
  });
  await audit(deps, tx, id, 'incident.cleared', { cause });
  await tellPages(deps, tx, id);
}

const clockFrom = (now: Date, by: Date) => ({ clockFrom: now, respondBy: by, escalateAt: by });

const saidBy = ({ title, facts, href, runbook, scope }: Signal): IncidentSaid => ({
  title: title.slice(0, 500),
  facts,
  href,
  runbook,
  scope,
});

async function open(deps: IncidentDeps, tx: Transaction, signal: Signal, now: Date): Promise<string> {
  const heard = hearSignal(signal, null, now);
  const incidentClass = 'class' in heard ? heard.class : signal.suggestedClass;
  const incident: NewIncident = {
    ...saidBy(signal),
    id: deps.newId(),
    cause: signal.cause,
    kind: signal.kind,
    contractId: signal.contractId,
    class: incidentClass,
    classSaidBy: null,
    beganAt: signal.since.getTime() < now.getTime() ? signal.since : now,
    openedAt: now,
    openedBy: REPRISE,
    respondBy: respondBy(incidentClass, now, deps.calendar),
    measuredAt: signal.measuredAt ?? null,
  };
  await deps.incidents.insert(tx, incident);
  const why = classRules[signal.kind].why;
  await noteTelling(deps, tx, incident.id, signal, 'raised', now, { class: incidentClass, why });
  await relate(deps, tx, incident);
  await audit(deps, tx, incident.id, 'incident.opened', { cause: signal.cause, class: incidentClass });
  await tellPeople(deps, tx, incident, { kind: 'incident-opened' });
  await tellPages(deps, tx, incident.id);
  return incident.id;
}

/** Both say that the other is there. They are two causes, so they stay two incidents. */
export async function relate(
  deps: IncidentDeps,
  tx: Transaction,
  incident: Pick<IncidentRow, 'id' | 'contractId' | 'openedAt'>,
): Promise<void> {
  const near = await deps.incidents.openedLately(tx, incident, RELATED_MS);
  for (const other of near.filter((each) =>
    areRelated({ ...each, contractId: incident.contractId }, incident),
  )) {
    for (const [incidentId, related] of [
      [incident.id, other.id],
      [other.id, incident.id],
    ] as const)
      await deps.incidents.note(tx, {
        incidentId,
        kind: 'related',
        occurredAt: incident.openedAt,
        actor: REPRISE,
        detail: { incident: related },
      });
    await deps.live.notify(tx, `incident:${other.id}`);
  }
}

async function openAgain(
  deps: IncidentDeps,
  tx: Transaction,
  known: IncidentRow,
  to: {
    readonly signal: Signal;
    readonly said: Partial<IncidentRow>;
    readonly class: IncidentRow['class'];
    readonly now: Date;
  },
): Promise<void> {
  const { signal, said, now } = to;
  const by = respondBy(to.class, now, deps.calendar);
  await deps.incidents.change(tx, known.id, { ...said, ...beginAgain(known, now, by), class: to.class });
  await noteTelling(deps, tx, known.id, signal, 'reopened', now, { class: to.class });
  await audit(deps, tx, known.id, 'incident.reopened', { cause: known.cause, class: to.class });
  await tellPeople(deps, tx, known, { kind: 'incident-opened', why: 'its cause is back' });
}

/** What is true of an incident that is opened again, whoever does it. */
export function beginAgain(known: IncidentRow, now: Date, by: Date) {
  return {
    status: 'detected',
    clockFrom: now,
    respondBy: by,
    escalateAt: by,
    asked: [],
    acknowledgedAt: null,
    acknowledgedBy: null,
    recoveredAt: null,
    recoveryEvidenceId: null,
    recoveryReason: null,
    clearedAt: null,
    lastToldAt: now,
    reopened: known.reopened + 1,
    version: known.version + 1,
  } as const;
}

async function noteTelling(
  deps: IncidentDeps,
  tx: Transaction,
  incidentId: string,
  signal: Signal,
  kind: 'raised' | 'raised-again' | 'worse' | 'returned' | 'reopened',
  now: Date,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await deps.incidents.note(tx, {
    incidentId,
    kind,
    occurredAt: kind === 'raised' && signal.since.getTime() < now.getTime() ? signal.since : now,
    actor: REPRISE,
    text: signal.title,
    detail: { facts: signal.facts, ...more },
    ...(signal.href === null ? {} : { link: signal.href }),
  });
}

function audit(
  deps: IncidentDeps,
  tx: Transaction,
  id: string,
  action: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  return deps.audit.append(tx, {
    actor: REPRISE,
    action,
    subject: `incident:${id}`,
    outcome: 'done',
    detail,
  });
}
