export {
  classOf,
  classRules,
  type IncidentKind,
  incidentKinds,
  isMoreUrgent,
  whyNoClass,
  whyNoOtherClass,
} from './classes.ts';
export { type BusinessCalendar, respondBy, respondByAfterChange } from './clocks.ts';
export { escalationOrder, nextToAsk, type Responder } from './escalation.ts';
export {
  areRelated,
  COOL_DOWN_MS,
  hearSignal,
  type KnownIncident,
  RELATED_MS,
} from './grouping.ts';
export {
  actsNow,
  evolveIncident,
  type IncidentAct,
  type IncidentStatus,
  incidentActs,
  incidentStatuses,
  isOpen,
  openStatuses,
  type RecoveryProof,
  whyNoProof,
  whyNotOver,
} from './lifecycle.ts';
export { type EntryKind, entryKinds, isWritten, MOST_BYTES, milestones, typeOfBytes } from './timeline.ts';
