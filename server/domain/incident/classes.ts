import { type IncidentClass, incidentClasses } from '../contract/index.ts';

/** What an incident was opened by: a signal of this kind, or a person. */
export const incidentKinds = [
  'budget',
  'lost-event',
  'duplicate',
  'reconciliation',
  'evidence-log',
  'saga',
  'stuck-offset',
  'by-hand',
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

/** `as-said`: what the signal suggests, no more urgent than `atMost` and no less than `atLeast`. */
type ClassRule = {
  readonly atMost: IncidentClass;
  readonly atLeast: IncidentClass;
  readonly why: string;
};

/** From signal to class, as docs/incidents.md shows it. P1: data lost or corrupt; P2: degraded; P3: minor; P4: no customer sees it. */
export const classRules: Readonly<Record<IncidentKind, ClassRule>> = {
  budget: {
    atMost: 'P1',
    atLeast: 'P4',
    why: 'the contract says how bad a budget’s breach is',
  },
  'lost-event': {
    atMost: 'P1',
    atLeast: 'P2',
    why: 'an event that was sent and never arrived is lost data; a contract may call it degraded, and no less',
  },
  duplicate: {
    atMost: 'P2',
    atLeast: 'P4',
    why: 'what came twice and is told apart loses nothing',
  },
  reconciliation: {
    atMost: 'P1',
    atLeast: 'P2',
    why: 'customers see what differs from history; where an invariant fails over the replayed state itself, the data is corrupt',
  },
  'evidence-log': {
    atMost: 'P1',
    atLeast: 'P1',
    why: 'evidence that was rewritten proves nothing any more',
  },
  saga: { atMost: 'P1', atLeast: 'P3', why: 'half of something was done, and somebody waits for the rest' },
  'stuck-offset': {
    atMost: 'P2',
    atLeast: 'P3',
    why: 'a consumer that stands still loses nothing, and falls behind',
  },
  'by-hand': { atMost: 'P1', atLeast: 'P4', why: 'a person says it' },
};

/**
 * What a trusted record has to say beside that nothing differs, for it to prove that an incident is over. `compared`: it
 * is of the whole history, compared all states and found them equal. `agreed`: besides, a replay of the whole history
 * has agreed with every state, and failed no invariant, since a difference was found last. `cleared`: a replay does not
 * measure what is wrong, so that its cause has to be over too, as it was measured. `trusted`: no more than that.
 */
export const proofNeeded: Readonly<Record<IncidentKind, 'trusted' | 'compared' | 'agreed' | 'cleared'>> = {
  budget: 'cleared',
  // States that agree with a history from which an event is missing lack it too.
  'lost-event': 'cleared',
  // A replay takes what came twice once: states that equal what it comes to have taken no harm.
  duplicate: 'compared',
  // Of one that found a difference again afterwards, what agreed before says nothing.
  reconciliation: 'agreed',
  'evidence-log': 'cleared',
  saga: 'cleared',
  'stuck-offset': 'cleared',
  'by-hand': 'trusted',
};

const urgency = (of: IncidentClass) => incidentClasses.indexOf(of);

export function isMoreUrgent(one: IncidentClass, other: IncidentClass): boolean {
  return urgency(one) < urgency(other);
}

/** Why a person can't give an incident of this kind that class; null: they can. */
export function whyNoClass(kind: IncidentKind, wanted: IncidentClass): string | null {
  // People know their data better than a rule does. What the log says of itself is not theirs to make small.
  if (kind !== 'evidence-log' || wanted === classRules[kind].atLeast) return null;
  return `What an audit of the evidence log finds is a ${classRules[kind].atLeast}, whoever looks at it: ${classRules[kind].why}.`;
}

/** Why a person can give it no other class than it has; null: there is one that they can. */
export function whyNoOtherClass(kind: IncidentKind, has: IncidentClass): string | null {
  const refusals = incidentClasses.filter((each) => each !== has).map((each) => whyNoClass(kind, each));
  return refusals.includes(null) ? null : (refusals[0] ?? null);
}

/** The class of an incident that a signal opens. */
export function classOf(signal: {
  readonly kind: IncidentKind;
  readonly suggestedClass: IncidentClass;
}): IncidentClass {
  const { atMost, atLeast } = classRules[signal.kind];
  if (isMoreUrgent(signal.suggestedClass, atMost)) return atMost;
  return isMoreUrgent(atLeast, signal.suggestedClass) ? atLeast : signal.suggestedClass;
}
