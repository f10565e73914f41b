import { canonicalJson } from '../shared/canonical-json.ts';
import type { Sha256 } from '../shared/digests.ts';
import type { Budgets, Saga, SentEvents } from './budgets.ts';
import type { DerivedState, EngineContract, History, Invariant, Selector } from './define.ts';

/** One line of an answer, as a page and a record show it. */
export type AnswerLine = { readonly label: string; readonly value: string };

/** What a contract says beside the seven answers: of its failure budgets, its outbox and its saga. */
export type Watch = {
  readonly budgets: Budgets;
  readonly sent: SentEvents | null;
  readonly saga: Saga | null;
  /** What its lag budgets are of: each state that says how far it is, and else the group that feeds it. Left out by older ones. */
  readonly counted?: readonly string[];
  /** Fields of each derived state whose values everybody may see. Left out by older ones, which so show none. */
  readonly shown?: Readonly<Record<string, readonly string[]>>;
};

/** The seven answers as data: what is stored with a version, shown, compared between versions, and put in evidence. */
export type ContractDescription = {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly authors: readonly string[];
  readonly historyKind: 'kafka' | 'postgres';
  readonly historyName: string;
  readonly compaction: 'none' | 'last-value';
  readonly derivedStates: readonly string[];
  readonly invariants: readonly string[];
  readonly eventTypes: readonly { readonly type: string; readonly versions: readonly number[] }[];
  readonly approvals: {
    readonly replay: number;
    readonly freeUpToEvents?: number | null;
    readonly promotion: number;
  };
  /** How old the latest trusted evidence may be. Contracts that were described before it could be said have none. */
  readonly maxEvidenceAgeHours?: number | null;
  /**
   * What is measured all the time. A record of a replay says nothing of it. Contracts that were described before it
   * could be said have none.
   */
  readonly watch?: Watch;
  readonly answers: {
    readonly history: readonly AnswerLine[];
    readonly ordering: readonly AnswerLine[];
    readonly idempotency: readonly AnswerLine[];
    readonly projection: readonly AnswerLine[];
    readonly scope: readonly AnswerLine[];
    readonly invariants: readonly AnswerLine[];
    readonly evidence: readonly AnswerLine[];
  };
};

const allowedLabel = 'May be replayed by';

/** The kinds of scope that a described contract allows. */
export function allowedScopes({ answers }: Pick<ContractDescription, 'answers'>): readonly string[] {
  return answers.scope.find((line) => line.label === allowedLabel)?.value.split(', ') ?? [];
}

/** Whether the contract declares that the holes of compaction do its states no harm. */
export const toleratesCompaction = ({ history }: Pick<EngineContract, 'history'>): boolean =>
  history.kind === 'kafka' && history.compaction === 'last-value';

/** Describes a contract. Functions are named by a digest of their source, so that a changed one shows as changed. */
export function describeContract(contract: EngineContract, sha256: Sha256): ContractDescription {
  const source = (...functions: readonly unknown[]) => sha256(functions.map(String).join('\n')).slice(0, 16);
  const { history } = contract;
  return {
    id: contract.id,
    title: contract.title,
    description: contract.description,
    authors: contract.authors,
    historyKind: history.kind,
    historyName: history.kind === 'kafka' ? history.topic : history.table,
    compaction: history.kind === 'kafka' ? history.compaction : 'none',
    derivedStates: Object.keys(contract.derivedStates),
    invariants: Object.keys(contract.invariants),
    eventTypes: Object.entries(contract.events).map(([type, { versions }]) => ({
      type,
      versions: versions.map((v) => v.version),
    })),
    approvals: contract.approvals,
    ...(contract.evidence.maxAgeHours === null ? {} : { maxEvidenceAgeHours: contract.evidence.maxAgeHours }),
    watch: {
      budgets: contract.budgets,
      sent: contract.sent,
      saga: contract.saga,
      counted: countedOf(contract),
      shown: shownOf(contract),
    },
    answers: {
      history: historyLines(history),
      ordering: [
        { label: 'Ordering key', value: selectorWords(contract.ordering.key) },
        { label: 'Partitioner', value: contract.ordering.partitioner },
        {
          label: 'Sequence',
          value: contract.ordering.sequence
            ? selectorWords(contract.ordering.sequence)
            : 'none in the events',
        },
      ],
      idempotency: [{ label: 'Idempotency key', value: selectorWords(contract.envelope.id) }],
      projection: projectionLines(contract, source),
      scope: [
        { label: allowedLabel, value: contract.scope.allow.join(', ') },
        {
          label: 'Events at once',
          value: contract.scope.maxEvents === null ? 'no limit' : String(contract.scope.maxEvents),
        },
        { label: 'Approvals for a replay', value: approvalsText(contract.approvals) },
        { label: 'Approvals for a promotion', value: String(contract.approvals.promotion) },
      ],
      invariants: Object.entries(contract.invariants).map(([label, invariant]) => ({
        label,
        value: invariantWords(invariant, source),
      })),
      evidence: evidenceLines(contract),
    },
  };
}

const shownOf = ({ derivedStates }: EngineContract) =>
  Object.fromEntries(
    Object.entries(derivedStates).map(([state, { fields }]) => [
      state,
      Object.entries(fields).flatMap(([field, { shown }]) => (shown === true ? [field] : [])),
    ]),
  );

function countedOf({ history, derivedStates }: EngineContract): readonly string[] {
  const subjects = Object.entries(derivedStates).flatMap(([name, state]) => {
    if (state.kind === 'postgres' && state.position !== null) return [`state:${name}`];
    return state.consumerGroup === null || history.kind !== 'kafka' ? [] : [`group:${state.consumerGroup}`];
  });
  return [...new Set(subjects)];
}

function historyLines(history: History): readonly AnswerLine[] {
  if (history.kind === 'postgres') {
    return [
      { label: 'Event table', value: `${history.table} (connection ${history.connection})` },
      { label: 'Position', value: `column ${history.position}` },
      { label: 'Final when', value: `${history.transactionId} is older than every running transaction` },
    ];
  }
  return [
    { label: 'Topic', value: history.topic },
    {
      label: 'Format',
      value: history.format.kind === 'json' ? 'JSON' : `schema registry, ${history.format.schemas}`,
    },
    {
      label: 'Retention needed',
      value: history.retention === 'everything' ? 'everything' : `${history.retention.days} days`,
    },
    {
      label: 'Compaction',
      value:
        history.compaction === 'none' ? 'not tolerated' : 'tolerated: F keeps only the last value of a key',
    },
    {
      label: 'Tombstones',
      value:
        history.tombstones === 'filter' ? 'filtered and counted' : `read as ${history.tombstones.asEvent}`,
    },
    { label: 'Archive', value: history.archive ?? 'none' },
  ];
}

function projectionLines(
  contract: EngineContract,
  source: (...functions: readonly unknown[]) => string,
): readonly AnswerLine[] {
  const { initial, apply, route } = contract.projection;
  return [
    { label: 'Fold', value: `source ${source(initial, apply)}` },
    { label: 'Routes to', value: route ? `several keys, source ${source(route)}` : 'the event’s own key' },
    ...Object.entries(contract.events).map(([type, { versions }]) => ({
      label: type,
      value: `${versions.map((v) => `v${v.version}`).join(' → ')}${versions.length > 1 ? `, upcasters ${source(...versions.map((v) => v.upcast))}` : ''}`,
    })),
    ...(contract.ignored.length > 0 ? [{ label: 'Ignored', value: contract.ignored.join(', ') }] : []),
    ...(contract.erasure
      ? [
          {
            label: 'Encrypted per subject',
            value: `${contract.erasure.fields.join(', ')}; subject ${selectorWords(contract.erasure.subject)}`,
          },
        ]
      : []),
  ];
}

function evidenceLines(contract: EngineContract): readonly AnswerLine[] {
  return [
    {
      label: 'Recorded',
      value:
        'events_processed, duplicates_skipped, projections_changed, reconciliation_failures, confidence_status',
    },
    ...(contract.evidence.maxAgeHours === null
      ? []
      : [{ label: 'Trusted evidence is at most', value: `${contract.evidence.maxAgeHours} hours old` }]),
    ...Object.entries(contract.derivedStates).map(([state, definition]) => ({
      label: `Compared with ${state}`,
      value: `${rowsWords(definition)}: ${Object.entries(definition.fields)
        .map(([field, { shown }]) => (shown === true ? field : `${field} (hidden)`))
        .join(', ')}; ${positionWords(definition)}`,
    })),
  ];
}

function rowsWords(state: DerivedState<unknown>): string {
  return state.kind === 'kafka' ? `topic ${state.topic} by record key` : `${state.table} by ${state.key}`;
}

function positionWords(state: DerivedState<unknown>): string {
  if (state.kind === 'kafka') {
    const id = state.transactionalId === null ? '' : `, written as ${state.transactionalId}`;
    return `applied position in the commits of group ${state.consumerGroup}${id}`;
  }
  return state.position ? `applied position in ${state.position.table}` : 'no applied position';
}

/** Whether a derived state says how far it has applied its history. */
export function tellsPosition(state: DerivedState<unknown>): boolean {
  return state.kind === 'kafka' || state.position !== null;
}

function invariantWords(
  invariant: Invariant<unknown>,
  source: (...functions: readonly unknown[]) => string,
): string {
  switch (invariant.over) {
    case 'key':
      return `each replayed key, source ${source(invariant.holds)}`;
    case 'whole':
      return `the whole replayed state, source ${source(invariant.start, invariant.add, invariant.holds)}`;
    case 'sql':
      return `live store ${invariant.connection}: ${invariant.query.replace(/\s+/g, ' ').trim()}`;
  }
}

export function selectorWords(selector: Selector): string {
  switch (selector.from) {
    case 'key':
      return 'the record’s key';
    case 'header':
      return `header ${selector.name}`;
    case 'value':
      return selector.path === '' ? 'the value' : `${selector.path} in the value`;
    case 'column':
      return `column ${selector.name}`;
    case 'constant':
      return `always ${selector.value}`;
  }
}

export type DescriptionChange = {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
};

/** What differs between two versions' descriptions, line by line. */
export function diffDescriptions(
  before: ContractDescription,
  after: ContractDescription,
): readonly DescriptionChange[] {
  const old = linesOf(before);
  const now = linesOf(after);
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((field) => {
    const was = old.get(field) ?? null;
    const is = now.get(field) ?? null;
    return was === is ? [] : [{ field, before: was, after: is }];
  });
}

function linesOf(description: ContractDescription): ReadonlyMap<string, string> {
  const lines = new Map<string, string>([
    ['title', description.title],
    ['description', description.description],
    ['authors', description.authors.join(', ')],
    ['approvals', canonicalJson(description.approvals)],
  ]);
  for (const [part, answer] of Object.entries(description.answers)) {
    for (const line of answer) lines.set(`${part}.${line.label}`, line.value);
  }
  return lines;
}

function approvalsText({ replay, freeUpToEvents }: EngineContract['approvals']): string {
  if (replay === 0 || freeUpToEvents === null) return String(replay);
  return `${replay}, and none up to ${freeUpToEvents} events`;
}
