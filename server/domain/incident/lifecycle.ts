import { type IncidentKind, proofNeeded } from './classes.ts';

/**
 * The life of an incident, as a pure function of where it stands and what is done. Source: the field's own words
 * (detected, acknowledged, mitigated, recovered, reviewed, closed); what comes back begins again.
 */
export const incidentStatuses = [
  'detected',
  'acknowledged',
  'mitigating',
  'recovered',
  'reviewed',
  'closed',
] as const;
export type IncidentStatus = (typeof incidentStatuses)[number];

/** While it is one of these, the same cause opens no other. Beside a partial unique index in the database. */
export const openStatuses = ['detected', 'acknowledged', 'mitigating'] as const satisfies IncidentStatus[];

export function isOpen(status: IncidentStatus): boolean {
  return openStatuses.some((each) => each === status);
}

/** What may be done to where an incident stands. `return` is what a signal does whose cause is back. */
export const incidentActs = [
  'acknowledge',
  'mitigate',
  'recover',
  'review',
  'close',
  'reopen',
  'return',
] as const;
export type IncidentAct = (typeof incidentActs)[number];

const next: Readonly<Record<IncidentAct, Partial<Record<IncidentStatus, IncidentStatus>>>> = {
  acknowledge: { detected: 'acknowledged' },
  // Who begins, or has it recovered already, has seen it: the clock stops with that too.
  mitigate: { detected: 'mitigating', acknowledged: 'mitigating' },
  recover: { detected: 'recovered', acknowledged: 'recovered', mitigating: 'recovered' },
  review: { recovered: 'reviewed' },
  close: { reviewed: 'closed' },
  reopen: { recovered: 'detected', reviewed: 'detected', closed: 'detected' },
  return: { recovered: 'detected', reviewed: 'detected', closed: 'detected' },
};

/** Where it stands afterwards; null: that can't be done from here. */
export function evolveIncident(status: IncidentStatus, act: IncidentAct): IncidentStatus | null {
  return next[act][status] ?? null;
}

/** What people may do now, in the order of the life. */
export function actsNow(status: IncidentStatus): readonly IncidentAct[] {
  return incidentActs.filter((act) => act !== 'return' && evolveIncident(status, act) !== null);
}

/** Of a record that is to say that an incident is over. Times are instants. */
export type RecoveryProof = {
  readonly contractId: string;
  readonly confidence: string | null;
  /** Of live states with history. */
  readonly agreement: string | null;
  /** Of the history: `whole`, or `part`; null where nothing was replayed. */
  readonly coverage: string | null;
  /** When it compared states first; of what compared none when it was recorded. */
  readonly measuredAt: Date;
};

/** Why a person can't say that an incident is over; null: they can, with a record that proves it or a reason. */
export function whyNotOver(incident: {
  readonly kind: IncidentKind;
  readonly clearedAt: Date | null;
}): string | null {
  if (incident.kind !== 'evidence-log' || incident.clearedAt !== null) return null;
  return 'No audit since it began, or came back, has found the evidence log clean. It is over once one does, and not because somebody says so: put back what is gone, and have the log audited again. A place of checkpoints that is gone for good the owner of the database retires (docs/evidence/witness.md).';
}

/** Why a record does not prove the recovery of an incident; null: it does. */
export function whyNoProof(
  incident: {
    readonly contractId: string | null;
    readonly kind: IncidentKind;
    readonly beganAt: Date;
    /** How often it came back, and when it did last. */
    readonly reopened: number;
    readonly clockFrom: Date;
    /** null: its cause goes on, as far as is known. */
    readonly clearedAt: Date | null;
    /** When its cause came back last while it was open. */
    readonly returnedAt: Date | null;
  },
  record: RecoveryProof | null,
): string | null {
  if (record === null) return 'There is no such record of evidence.';
  if (record.contractId !== incident.contractId) return 'The record is of another contract.';
  if (record.confidence !== 'trusted')
    return `The record is ${record.confidence ?? 'without a verdict'}, and only a trusted one proves a recovery. Replay, or give a reason instead.`;
  if (record.agreement === 'different')
    return 'The record says that live states still differ from history. Correct them and replay, or give a reason instead.';
  const needed = proofNeeded[incident.kind];
  const isOfStates = needed === 'compared' || needed === 'agreed';
  if (isOfStates && record.agreement !== 'equal')
    return 'The record compared nothing, or not all of it, and what is in question is whether states agree. Replay, or give a reason instead.';
  // Of one healthy key a replay is equal too.
  if (isOfStates && record.coverage !== 'whole')
    return 'The record is of a part of the history alone, and says nothing of the rest. Replay the whole history, or give a reason instead.';
  const since = whyTooOld(incident, record);
  if (since !== null) return since;
  if (needed === 'agreed' && incident.clearedAt === null)
    return 'No replay of the whole history has agreed with every state, and failed no invariant, since a difference was found last. Replay, or give a reason instead.';
  if (needed === 'cleared' && incident.clearedAt === null)
    return 'A replay does not measure what is wrong here, and its cause goes on, as far as is known. Wait until it is over, or give a reason instead.';
  return null;
}

function whyTooOld(
  {
    beganAt,
    clockFrom,
    reopened,
    returnedAt,
  }: Pick<Parameters<typeof whyNoProof>[0], 'beganAt' | 'clockFrom' | 'reopened' | 'returnedAt'>,
  { measuredAt }: RecoveryProof,
): string | null {
  const backMs = Math.max(reopened > 0 ? clockFrom.getTime() : 0, returnedAt?.getTime() ?? 0);
  if (measuredAt.getTime() > Math.max(beganAt.getTime(), backMs)) return null;
  return `What the record says was measured before the incident ${backMs > 0 ? 'came back' : 'began'}, so that it says nothing of it. Replay, or give a reason instead.`;
}
