import type { Tone } from '@/components/ui/tone.ts';
import { scalarText } from '@/components/vocabulary/scalar-text.ts';
import { type CompareRow, type Fact, sideBySide } from '@/components/vocabulary/side-by-side.ts';
import type { EvidenceSummary } from '@/server/application/views.ts';
import { capital, leavesOf, type Said, text, words } from './record-leaves.ts';

type Compared = Pick<EvidenceSummary, 'id' | 'contractId' | 'kind'>;
export type RecordRead = EvidenceSummary & { readonly statement: unknown };

/** Why two records have nothing to be compared by, as a sentence; null where they do. */
export function whyNotCompared(left: Compared, right: Compared): string | null {
  if (left.id === right.id) return 'These two are one and the same record.';
  if (left.contractId !== right.contractId)
    return `These two are of different contracts: ${left.contractId} and ${right.contractId}.`;
  if (left.kind !== right.kind)
    return `One is of a ${left.kind} and the other of a ${right.kind}: what they record is not the same.`;
  return null;
}

export type ComparedPart = {
  readonly title: string;
  readonly rows: readonly CompareRow[];
  /** Why nobody can say that it is the same in both, even where nothing that is shown differs; null: it can be said. */
  readonly unsure: string | null;
};

/** What two records of one contract say, part by part. Stored bytes are not trusted to have a shape. */
export function compareRecords(
  left: RecordRead,
  right: RecordRead,
  nameOf: (personId: string) => string,
): readonly ComparedPart[] {
  const [before, after] = [factsOf(left, nameOf), factsOf(right, nameOf)];
  return titles.flatMap((title) => {
    const rows = sideBySide(before.get(title) ?? [], after.get(title) ?? []).filter(
      // What neither says is nothing that they have alike.
      (row) => row.changed || row.after !== nothing,
    );
    return rows.length === 0
      ? []
      : [{ title, rows, unsure: title === 'Scope' ? whyUnsure(left, right) : null }];
  });
}

const nothing = '—';
const titles = [
  'Verdicts',
  'Scope',
  'Code',
  'Counts',
  'Checks',
  'Approvals',
  'Digests',
  'Other fields',
] as const;
type Title = (typeof titles)[number];

function factsOf(
  record: RecordRead,
  nameOf: (personId: string) => string,
): ReadonlyMap<Title, readonly Fact[]> {
  const said = objectAt(record.statement, 'predicate');
  const rest = leavesOf(said, partOf);
  const inWords: Readonly<Record<Title, readonly Fact[]>> = {
    Verdicts: verdicts(record, said),
    Scope: scope(said),
    Code: code(said),
    Counts: counts(said),
    Checks: checks(said),
    Approvals: approvals(said, nameOf),
    Digests: digests(record, said),
    'Other fields': [],
  };
  return new Map(
    titles.map((title) => [title, [...inWords[title], ...(rest.get(title) ?? []), ...wholes(said, title)]]),
  );
}

const parts: Readonly<Record<string, Title>> = {
  ...{ plan: 'Scope', ranges: 'Scope', seams: 'Scope', coverage: 'Scope' },
  ...{ contract: 'Code', software: 'Code', runbook: 'Code' },
  ...{
    projections_changed: 'Counts',
    explained: 'Counts',
    counts: 'Counts',
    conflicting_duplicates: 'Counts',
  },
  ...{ waived_quarantined: 'Counts', tries: 'Counts', output_lines: 'Counts' },
  ...{ comparisons: 'Checks', comparison_outcomes: 'Checks', looked_at_again: 'Checks' },
  ...{ invariants: 'Checks', invariant_outcomes: 'Checks' },
  ...{ approvals: 'Approvals', approvals_needed: 'Approvals', break_glass: 'Approvals' },
};
const partOf = (field: string): Title =>
  Object.hasOwn(parts, field) ? (parts[field] ?? 'Other fields') : 'Other fields';

/** Parts that a record shows the beginning of, by the digest of the whole: beginnings that are alike prove nothing. */
function wholes(said: Said, title: Title): readonly Fact[] {
  return listAt(said, 'attachments').flatMap((each): Fact[] => {
    const of = text(each.of) ?? '';
    return partOf(of.split('.')[0] ?? '') === title
      ? [[`The whole of ${of}, shown in part`, text(each.sha256), 'digest']]
      : [];
  });
}

/** A scope by keys stands in a record with their number alone. */
function whyUnsure(...records: readonly RecordRead[]): string | null {
  const byKeys = records.some(
    ({ statement }) => objectAt(objectAt(objectAt(statement, 'predicate'), 'plan'), 'scope').kind === 'keys',
  );
  return byKeys ? 'Whether they are of the same keys, the records do not say.' : null;
}

/** Digests of what was read and found, or decided about. A plan's own differs by when it was made already, or by a salt. */
const tellingDigests = (kind: string) =>
  kind === 'approval' || kind === 'break-glass' ? /^Plan$/ : /^(Shadow state|History|Diff)$/;

/** What has changed between them, in a sentence. */
export function comparedAnswer(
  left: RecordRead,
  right: RecordRead,
  parts: readonly ComparedPart[],
): { readonly tone: Tone; readonly verdict: string } {
  const changed = (title: string) =>
    (parts.find((part) => part.title === title)?.rows ?? []).filter((row) => row.changed);
  const hasChanged = (title: string) => changed(title).length > 0;
  const word = (record: RecordRead) =>
    record.kind === 'replay' ? (record.confidence ?? `${record.status}, without a verdict`) : record.status;
  const alike = word(left) === word(right);
  const others = [
    // Where the verdict itself differs, that is said first.
    ...titles
      .filter((title) => title !== 'Digests' && (alike || title !== 'Verdicts'))
      .filter(hasChanged)
      .map(lower),
    ...changed('Digests')
      .filter(({ label }) => tellingDigests(right.kind).test(label))
      .map(({ label }) => `the digest of the ${lower(label)}`),
  ];
  const same = parts.filter(
    ({ title, unsure }) => (title === 'Scope' || title === 'Code') && unsure === null && !hasChanged(title),
  );
  const verdict = alike
    ? `Both are ${word(right)}`
    : `The one on the left is ${word(left)}, the one on the right ${word(right)}`;
  const clauses = [
    others.length === 0 ? 'nothing else differs' : `they differ in ${listed(others)}`,
    ...(same.length === 0
      ? []
      : [
          `and their ${listed(same.map(({ title }) => lower(title)))} ${same.length === 1 ? 'is' : 'are'} the same`,
        ]),
  ];
  const unsure = parts.flatMap((part) => (part.unsure === null ? [] : [` ${part.unsure}`]));
  return {
    tone: alike ? 'accent' : right.confidence === 'trusted' ? 'verified' : 'different',
    verdict: `${verdict}; ${clauses.join(', ')}.${unsure.join('')}`,
  };
}

const lower = (title: string) => title.toLowerCase();
const listed = (names: readonly string[]) =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

const objectAt = (value: unknown, name: string): Said => {
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).find(([key]) => key === name)?.[1]
      : null;
  return typeof inner === 'object' && inner !== null ? { ...inner } : {};
};
const listAt = (value: Said, name: string): readonly Said[] => {
  const inner = value[name];
  return Array.isArray(inner)
    ? inner.filter((each) => typeof each === 'object' && each !== null).map((each) => ({ ...each }))
    : [];
};
const figures = (value: Said): readonly Fact[] =>
  Object.entries(value).flatMap(([name, each]) =>
    typeof each === 'number' ? [[capital(words(name)), scalarText(each)] as const] : [],
  );

function verdicts(record: RecordRead, said: Said): readonly Fact[] {
  return [
    ['Status', text(said.status) ?? record.status],
    ['Failure', text(objectAt(said, 'failure').code)],
    ['Confidence', record.confidence],
    ['Because', text(said.confidence_reasons)?.replaceAll('-', ' ') ?? null],
    ['Agreement', record.agreement?.replace('-', ' ') ?? null],
    ['Coverage', text(objectAt(said, 'coverage').sentence) ?? record.coverageKind],
  ];
}

function scope(said: Said): readonly Fact[] {
  const plan = objectAt(said, 'plan');
  const asked = objectAt(plan, 'scope');
  const history = objectAt(plan, 'history');
  return [
    ['Scope', text(asked.kind)],
    ['Keys in scope', text(asked.key_count)],
    ['From', text(asked.from)],
    ['To', text(asked.to)],
    ['History', [text(history.kind), text(history.name)].filter(Boolean).join(' ') || null],
    ['History identity', text(history.identity)],
    ...listAt(said, 'ranges').map(
      (range): Fact => [`Partition ${text(range.partition)}`, `${text(range.from)}–${text(range.to)}`],
    ),
    ['Compares', text(plan.compare)],
    ['Derived state', text(plan.derivedState)],
    ['Keys to be written', text(plan.keys)],
    ['What was to be written', text(plan.diffDigest), 'digest'],
  ];
}

function code(said: Said): readonly Fact[] {
  const contract = objectAt(said, 'contract');
  const promoted = objectAt(objectAt(said, 'plan'), 'contract');
  const answers = objectAt(objectAt(contract, 'description'), 'answers');
  return [
    ['Contract version', text(contract.version ?? promoted.version)],
    ['Bundle', text(contract.bundleDigest ?? promoted.bundleDigest), 'digest'],
    ...Object.keys(answers).flatMap((part) =>
      listAt(answers, part).map((line): Fact => [`${capital(part)}: ${text(line.label)}`, text(line.value)]),
    ),
    ...Object.entries(objectAt(said, 'software')).map(
      ([name, value]): Fact => [`Made by ${name}`, text(value)],
    ),
  ];
}

function counts(said: Said): readonly Fact[] {
  const changed = objectAt(said, 'projections_changed');
  return [
    ['Events processed', text(said.events_processed)],
    ['Duplicates skipped', text(said.duplicates_skipped)],
    ['Projections changed', text(changed.total)],
    ['Reconciliation failures', text(said.reconciliation_failures)],
    ['Keys written', text(said.keys_written)],
    ['Keys already right', text(said.keys_already_right)],
    ['Keys changed since', text(said.keys_changed_since)],
    ...figures(objectAt(said, 'counters')),
    ...Object.entries(objectAt(said, 'findings')).map(
      ([kind, count]): Fact => [`Found: ${kind.replaceAll('-', ' ')}`, text(count)],
    ),
  ];
}

function checks(said: Said): readonly Fact[] {
  return [
    ...listAt(said, 'comparisons').map(
      (each): Fact => [
        `State ${text(each.derivedState)}`,
        `${text(each.outcome)?.replaceAll('-', ' ')}, ${text(each.equal)} of ${text(each.keys)} keys equal`,
      ],
    ),
    ...listAt(said, 'invariants').map(
      (each): Fact => [`Invariant ${text(each.name)}`, text(each.outcome)?.replaceAll('-', ' ') ?? null],
    ),
  ];
}

function approvals(said: Said, nameOf: (personId: string) => string): readonly Fact[] {
  const person = (id: unknown) => (typeof id === 'string' ? nameOf(id) : null);
  const decisions = listAt(said, 'approvals').map((each) => {
    const gone = text(each.void) === null ? '' : ', void since';
    return `${text(each.verdict) ?? 'decided'} by ${person(each.by) ?? 'somebody'}${gone}`;
  });
  const glass = objectAt(said, 'break_glass').by;
  const hasApprovals = Array.isArray(said.approvals);
  const withoutThem = Array.isArray(glass)
    ? glass.map(person).filter(Boolean).join(' and ')
    : hasApprovals
      ? 'no'
      : null;
  return [
    ['Requested by', person(said.requested_by)],
    ['Decisions', hasApprovals ? decisions.join('; ') || 'none' : null],
    ['Without its approvals', withoutThem],
    ['Called off by', person(said.cancelled_by)],
  ];
}

function digests(record: RecordRead, said: Said): readonly Fact[] {
  return [
    ['Plan', text(said.plan_hash), 'digest'],
    ...Object.entries(objectAt(said, 'digests')).map(
      ([name, value]): Fact => [capital(words(name)), text(value), 'digest'],
    ),
    ['The record’s own bytes', record.digest, 'digest'],
  ];
}
