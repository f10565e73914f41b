import { formatCount } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import { type CompareRow, type Fact, sideBySide } from '@/components/vocabulary/side-by-side.ts';
import type { EvidenceSummary } from '@/server/application/views.ts';

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

export type ComparedPart = { readonly title: string; readonly rows: readonly CompareRow[] };

/** What two records of one contract say, part by part. Stored bytes are not trusted to have a shape. */
export function compareRecords(
  left: RecordRead,
  right: RecordRead,
  nameOf: (personId: string) => string,
): readonly ComparedPart[] {
  const parts = (record: RecordRead): Readonly<Record<string, readonly Fact[]>> => {
    const said = objectAt(record.statement, 'predicate');
    return {
      Verdicts: verdicts(record, said),
      Scope: scope(said),
      Code: code(said),
      Counts: counts(said),
      Checks: checks(said),
      Approvals: approvals(said, nameOf),
      Digests: digests(record, said),
    };
  };
  const [before, after] = [parts(left), parts(right)];
  return Object.keys(after).map((title) => ({
    title,
    rows: sideBySide(before[title] ?? [], after[title] ?? []),
  }));
}

/** What has changed between them, in a sentence. */
export function comparedAnswer(
  left: RecordRead,
  right: RecordRead,
  parts: readonly ComparedPart[],
): { readonly tone: Tone; readonly verdict: string } {
  const changed = parts.filter(({ rows }) => rows.some((row) => row.changed)).map(({ title }) => title);
  const same = ['Scope', 'Code'].filter((title) => !changed.includes(title)).map(lower);
  const word = (record: RecordRead) =>
    record.kind === 'promotion'
      ? record.status
      : (record.confidence ?? `${record.status}, without a verdict`);
  const verdict =
    word(left) === word(right)
      ? `Both are ${word(right)}`
      : `The one on the left is ${word(left)}, the one on the right ${word(right)}`;
  const others = changed.filter((title) => title !== 'Verdicts' && title !== 'Digests');
  const differs =
    others.length === 0 ? 'nothing else differs' : `they differ in ${listed(others.map(lower))}`;
  const alike =
    same.length === 0 ? '' : `, and their ${listed(same)} ${same.length === 1 ? 'is' : 'are'} the same`;
  return {
    tone: word(left) === word(right) ? 'accent' : right.confidence === 'trusted' ? 'verified' : 'different',
    verdict: `${verdict}; ${differs}${alike}.`,
  };
}

const lower = (title: string) => title.toLowerCase();
const listed = (names: readonly string[]) =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

type Said = Readonly<Record<string, unknown>>;

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
const text = (value: unknown): string | null => {
  if (typeof value === 'number') return formatCount(value);
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return Array.isArray(value) ? value.map(text).filter(Boolean).join(', ') || null : null;
};
const words = (name: string) =>
  name.replaceAll('_', ' ').replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
const figures = (value: Said): readonly Fact[] =>
  Object.entries(value).flatMap(([name, each]) =>
    typeof each === 'number' ? [[capital(words(name)), formatCount(each)] as const] : [],
  );
const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

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
  return [
    ['Requested by', person(said.requested_by)],
    ['Decisions', decisions.join('; ') || 'none'],
    ['Without its approvals', Array.isArray(glass) ? glass.map(person).filter(Boolean).join(' and ') : 'no'],
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
