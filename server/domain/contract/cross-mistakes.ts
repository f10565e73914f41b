import type { EngineContract, EventType, History, TopicState } from './define.ts';

/** A mistake in a contract: which field, and a sentence that says what is wrong and what it takes. */
export type ContractMistake = { readonly field: string; readonly sentence: string };

export function versionMistakes(
  events: Readonly<Record<string, EventType<unknown>>>,
): readonly ContractMistake[] {
  const problems: ContractMistake[] = [];
  for (const [type, { versions }] of Object.entries(events)) {
    for (const [at, version] of versions.entries()) {
      const before = versions[at - 1];
      if (before && version.version <= before.version) {
        problems.push({
          field: `events.${type}`,
          sentence: `version ${version.version} follows version ${before.version}; versions have to grow`,
        });
      }
      if (at < versions.length - 1 && version.upcast === null) {
        problems.push({
          field: `events.${type}`,
          sentence: `version ${version.version} has no upcaster to the next one`,
        });
      }
    }
  }
  return problems;
}

/** What no field shows by itself: parts of a contract that don't go together. */
export function crossMistakes(contract: EngineContract): readonly ContractMistake[] {
  const problems: ContractMistake[] = [];
  for (const type of contract.ignored) {
    if (contract.events[type])
      problems.push({ field: 'ignored', sentence: `${type} is both handled and ignored` });
  }
  const { history } = contract;
  if (
    history.kind === 'kafka' &&
    history.tombstones !== 'filter' &&
    !contract.events[history.tombstones.asEvent]
  ) {
    problems.push({
      field: 'history.tombstones',
      sentence: `${history.tombstones.asEvent} is no event type of this contract`,
    });
  }
  for (const [state, definition] of Object.entries(contract.derivedStates)) {
    const at = `derivedStates.${state}`;
    if (definition.kind === 'kafka') {
      problems.push(...topicMistakes(at, definition, history));
      continue;
    }
    const wanted = history.kind === 'kafka' ? 'per-partition' : 'transaction';
    if (definition.position && definition.position.kind !== wanted) {
      problems.push({
        field: `${at}.position`,
        sentence: `a ${history.kind} history needs a ${wanted} position`,
      });
    }
  }
  if (contract.sent !== null && history.kind !== 'kafka')
    problems.push({
      field: 'sent',
      sentence: 'an event table is where its events are sent from: leave this out',
    });
  problems.push(...sagaMistakes(contract));
  if (history.kind === 'postgres' && contract.ordering.partitioner !== 'single') {
    problems.push({
      field: 'ordering.partitioner',
      sentence: 'an event table has one partition: say single',
    });
  }
  return problems;
}

function sagaMistakes({ saga, events, ignored }: EngineContract): readonly ContractMistake[] {
  if (saga === null) return [];
  const named = [
    ...saga.steps.flatMap((step) => [step.done, step.compensated, step.compensationFailed]),
    ...saga.completed,
    ...saga.cancelled,
  ].filter((type) => type !== null);
  return [...new Set(named)]
    .filter((type) => events[type] === undefined && !ignored.includes(type))
    .map((type) => ({ field: 'saga', sentence: `${type} is no event type of this contract` }));
}

function topicMistakes(
  at: string,
  { topic, fields }: TopicState<unknown>,
  history: History,
): readonly ContractMistake[] {
  const problems: ContractMistake[] = [];
  if (history.kind !== 'kafka')
    problems.push({
      field: at,
      sentence:
        'a state in a topic is compared at the offsets that its projector has committed on the history, so the history has to be a topic too',
    });
  else if (history.topic === topic)
    problems.push({ field: `${at}.topic`, sentence: `${topic} is the history itself` });
  const paths = Object.entries(fields).map(([field, place]) => ({ field, path: place.path }));
  for (const { field, path } of paths) {
    const other = paths.find((each) => each.field !== field && `${path}.`.startsWith(`${each.path}.`));
    if (other !== undefined)
      problems.push({
        field: `${at}.fields.${field}.path`,
        sentence: `${path} stands in ${other.path}, which is the place of ${other.field}`,
      });
  }
  return problems;
}
