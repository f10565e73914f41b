import type { Parameter, ParameterType, Runbook } from './runbook.ts';

/** What a run is proposed from: the incident that it is started at. */
export type ProposingIncident = {
  readonly contractId: string | null;
  readonly facts: Readonly<Record<string, string>>;
  readonly cause: string;
};

/**
 * The values that a run's form is filled with, by parameter name. A parameter is absent where nothing can be proposed.
 * What comes of the incident goes before a default.
 */
export function proposeParameters(
  runbook: Pick<Runbook, 'parameters'>,
  from: {
    readonly incident: ProposingIncident | null;
    /** Of the contract's history; null: it is in no topic, or nobody knows the contract. */
    readonly topicOf: (contractId: string) => string | null;
    /** The consumer group of a derived state of the incident's contract; null: nobody knows it. */
    readonly groupOf: (state: string) => string | null;
  },
): Readonly<Record<string, string | number>> {
  const contractId = from.incident?.contractId ?? defaultContract(runbook.parameters);
  const proposed: [string, string | number][] = [];
  for (const parameter of runbook.parameters) {
    const found = valueFrom(parameter, { ...from, contractId });
    const value = (found === null ? null : asType(parameter.type, found)) ?? parameter.default;
    if (value !== null) proposed.push([parameter.name, value]);
  }
  return Object.fromEntries(proposed);
}

function defaultContract(parameters: readonly Parameter[]): string | null {
  const given = parameters.find(({ type }) => type === 'contract')?.default;
  return typeof given === 'string' ? given : null;
}

const factPrefix = 'incident.facts.';
const causeForm = /^incident\.cause\.(\d{1,2})$/;

/** Whether a `from` can be read at all. */
export const isFrom = (text: string): boolean =>
  text === 'incident.contract' ||
  text === 'contract.topic' ||
  causeForm.test(text) ||
  (text.startsWith(factPrefix) && text.length > factPrefix.length);

function valueFrom(
  { from, type }: Pick<Parameter, 'from' | 'type'>,
  {
    incident,
    contractId,
    topicOf,
    groupOf,
  }: {
    readonly incident: ProposingIncident | null;
    readonly contractId: string | null;
    readonly topicOf: (contractId: string) => string | null;
    readonly groupOf: (state: string) => string | null;
  },
): string | null {
  if (from === null) return null;
  if (from === 'contract.topic') return contractId === null ? null : topicOf(contractId);
  if (incident === null) return null;
  if (from === 'incident.contract') return incident.contractId;
  if (from.startsWith(factPrefix)) {
    const name = from.slice(factPrefix.length);
    return Object.hasOwn(incident.facts, name) ? (incident.facts[name] ?? null) : null;
  }
  const part = causeForm.exec(from)?.[1];
  return part === undefined ? null : ofCause(incident.cause.split(':'), Number(part), type, groupOf);
}

/** A cause may name a state where a runbook asks for who keeps it: a state's name is none of a group or a service. */
function ofCause(
  parts: readonly string[],
  at: number,
  type: ParameterType,
  groupOf: (state: string) => string | null,
): string | null {
  const part = parts[at];
  if (part === undefined) return null;
  const isKeeper = type === 'group' || type === 'service';
  return isKeeper && parts[at - 1] === 'state' ? groupOf(part) : part;
}

/** null: it is none of that type. */
export function asType(type: ParameterType, text: string): string | number | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (type === 'offset') return /^\d{1,19}$/.test(trimmed) ? trimmed : null;
  if (type !== 'integer') return trimmed;
  return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : null;
}
