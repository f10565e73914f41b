import type { ReactNode } from 'react';
import type { Column } from '@/components/ui/column.ts';
import { formatCount } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { Offset } from '@/components/ui/number.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Table } from '@/components/ui/table.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { EvidenceDetail } from '@/server/application/views.ts';
import { brokenGlass, noDecisionWords } from './approvals-said.ts';
import type { EvidencePredicate } from './predicate.ts';

type Range = EvidencePredicate['ranges'][number];
type Seam = EvidencePredicate['seams'][number];
type Comparison = EvidencePredicate['comparisons'][number];
type Invariant = EvidencePredicate['invariants'][number];
type Remarks = EvidenceDetail['remarks'];

/** The body of the document: the contract as it stood, scope with offsets, counts, checks, times. */
export function EvidenceTables({
  predicate,
  remarks,
  erased,
}: {
  predicate: EvidencePredicate;
  remarks: Remarks;
  /** In the place of what was said in words, where that is gone. */
  erased: ReactNode;
}) {
  return (
    <>
      <Section title="The contract as it stood">
        <KeyValueList items={contractItems(predicate)} />
      </Section>
      <Section
        title="Scope"
        description={[predicate.coverage?.sentence, beginning(predicate, 'ranges')].filter(Boolean).join(' ')}
      >
        <Table
          caption="Offsets"
          columns={rangeColumns}
          rows={predicate.ranges}
          rowKey={(row) => String(row.partition)}
          empty={<p className="text-sm text-muted">Nothing was read.</p>}
        />
      </Section>
      {predicate.seams.length > 0 ? (
        <Section
          title="Archive and log"
          description={['What both held was compared, offset by offset.', beginning(predicate, 'seams')]
            .filter(Boolean)
            .join(' ')}
        >
          <Table
            caption="Compared where the archive goes on in the log"
            columns={seamColumns}
            rows={predicate.seams}
            rowKey={(row) => String(row.partition)}
          />
        </Section>
      ) : null}
      <Section title="Counts">
        <KeyValueList
          items={Object.entries(predicate.counters).map(([label, value]) => ({
            label,
            value: formatCount(value),
          }))}
        />
      </Section>
      <Section title="Live states" description={beginning(predicate, 'comparisons')}>
        <Table
          caption="Comparisons"
          columns={comparisonColumns(remarks)}
          rows={predicate.comparisons}
          rowKey={(row) => row.derivedState}
          empty={<p className="text-sm text-muted">None was compared.</p>}
        />
      </Section>
      <Section title="Invariants" description={beginning(predicate, 'invariants')}>
        <Table
          caption="Invariants"
          columns={invariantColumns(remarks)}
          rows={predicate.invariants}
          rowKey={(row) => row.name}
          empty={<p className="text-sm text-muted">None was checked.</p>}
        />
      </Section>
      <Section title="Digests, times and software">
        <KeyValueList items={closingItems(predicate, remarks, erased)} />
      </Section>
    </>
  );
}

/** What a table says of itself where the record holds only the beginning of its rows. */
function beginning(predicate: EvidencePredicate, part: string): string | undefined {
  const cut = predicate.attachments.find((each) => each.of === part);
  if (cut === undefined) return undefined;
  return `The first ${formatCount(cut.shown)} of ${formatCount(cut.count)}; the whole is below, under Not shown in full.`;
}

const answerTitles = [
  ['history', 'H · history'],
  ['ordering', 'O · ordering'],
  ['idempotency', 'I · idempotency'],
  ['projection', 'F · projection'],
  ['scope', 'S · scope'],
  ['invariants', 'Q · invariants'],
  ['evidence', 'E · evidence'],
] as const;

function contractItems(predicate: EvidencePredicate) {
  const { contract } = predicate;
  const { description } = contract;
  return [
    { label: 'Contract', value: <ContractLink id={contract.id} version={contract.version} /> },
    {
      label: 'Bundle',
      value: <ShortId id={contract.bundleDigest} what="bundle digest" head={16} tail={8} />,
    },
    ...(description
      ? answerTitles.map(([part, label]) => ({
          label,
          value: description.answers[part].map((line) => (
            <span key={line.label} className="block">
              <span className="text-muted">{line.label}: </span>
              {line.value}
            </span>
          )),
        }))
      : []),
  ];
}

function closingItems(predicate: EvidencePredicate, remarks: Remarks, erased: ReactNode) {
  const digest = (value: string | null, what: string) =>
    value ? <ShortId id={value} what={what} head={16} tail={8} /> : 'not computed';
  const time = (value: string | null) => (value ? <RelativeTime at={value} absolute /> : 'never');
  return [
    { label: 'Plan hash', value: digest(predicate.plan_hash, 'plan hash') },
    { label: 'Shadow state', value: digest(predicate.digests.shadow_state, 'shadow digest') },
    { label: 'History', value: digest(predicate.digests.history, 'history digest') },
    { label: 'Diff', value: digest(predicate.digests.diff, 'diff digest') },
    {
      label: 'Approvals',
      value: <Approvals predicate={predicate} remarks={remarks} />,
    },
    { label: 'Reason', value: remarks === null ? erased : remarks.reason || 'none given' },
    ...(predicate.cancelled_by
      ? [
          { label: 'Cancelled by', value: <Person id={predicate.cancelled_by} /> },
          {
            label: 'Cancelled because',
            value: remarks === null ? erased : remarks.cancellation || 'no reason given',
          },
        ]
      : []),
    { label: 'Authors', value: remarks === null ? erased : remarks.authors.join(', ') || 'none declared' },
    { label: 'Remarks', value: digest(predicate.remarks?.sha256 ?? null, 'digest of the remarks') },
    { label: 'Requested', value: time(predicate.times.requested_at) },
    { label: 'Started', value: time(predicate.times.started_at) },
    { label: 'Ended', value: time(predicate.times.ended_at) },
    ...Object.entries(predicate.software).map(([label, value]) => ({ label, value: String(value) })),
  ];
}

function Approvals({ predicate, remarks }: { predicate: EvidencePredicate; remarks: Remarks }) {
  const glass = brokenGlass(predicate);
  return (
    <>
      {noDecisionWords(predicate)}
      {predicate.approvals.map((each, at) => (
        <span key={`${each.by} ${each.at}`} className="block">
          {each.verdict} by <Person id={each.by} /> at {each.at}
          {each.void === null ? '' : ` (void: ${each.void})`}
          {remarks?.approvals?.[at] ? <>: “{remarks.approvals[at]}”</> : null}
        </span>
      ))}
      {glass === null ? null : (
        <span className="block">
          let run without them by{' '}
          {glass.by.map((id, at) => (
            <span key={id}>
              {at === 0 ? null : ' and '}
              <Person id={id} />
            </span>
          ))}{' '}
          at {glass.at} (act <ShortId id={glass.incident} what="id of the act" />)
        </span>
      )}
    </>
  );
}

const withWords = (outcome: string, words: string | undefined) =>
  outcome.replaceAll('-', ' ') + (words === undefined ? '' : `: ${words}`);

const rangeColumns: readonly Column<Range>[] = [
  { id: 'partition', header: 'Partition', mono: true, cell: (row) => row.partition },
  { id: 'from', header: 'From', align: 'end', cell: (row) => <Offset value={row.from} /> },
  { id: 'to', header: 'To (not read)', align: 'end', cell: (row) => <Offset value={row.to} /> },
  { id: 'cursor', header: 'Read up to', align: 'end', cell: (row) => <Offset value={row.cursor} /> },
];

const seamColumns: readonly Column<Seam>[] = [
  { id: 'partition', header: 'Partition', mono: true, cell: (row) => row.partition },
  { id: 'from', header: 'From', align: 'end', cell: (row) => <Offset value={row.from} /> },
  { id: 'to', header: 'To (not compared)', align: 'end', cell: (row) => <Offset value={row.to} /> },
  {
    id: 'events',
    header: 'Events the same',
    align: 'end',
    cell: (row) => (row.from === row.to ? 'they share no offset' : formatCount(row.events)),
  },
];

const comparisonColumns = (remarks: Remarks): readonly Column<Comparison>[] => [
  { id: 'state', header: 'Derived state', cell: (row) => row.derivedState },
  {
    id: 'outcome',
    header: 'Outcome',
    cell: (row) => withWords(row.outcome, remarks?.comparisons[row.derivedState]),
  },
  { id: 'keys', header: 'Keys', align: 'end', cell: (row) => formatCount(row.keys) },
  { id: 'equal', header: 'Equal', align: 'end', cell: (row) => formatCount(row.equal) },
  {
    id: 'changed',
    header: 'Differ',
    align: 'end',
    cell: (row) => formatCount(row.missing + row.extra + row.different),
  },
  {
    id: 'behind',
    header: 'Events behind',
    align: 'end',
    cell: (row) => (/^\d{1,15}$/.test(row.eventsBehind) ? formatCount(Number(row.eventsBehind)) : '—'),
  },
  {
    id: 'mode',
    header: 'Compared',
    cell: (row) => <ComparedAt row={row} />,
  },
];

/** Where it was compared; the record leaves positions out where they are too many, and says so below. */
function ComparedAt({ row }: { row: Comparison }) {
  if (row.mode === 'settled') return 'after settling';
  // Stored bytes: a record may lack what the type promises.
  if (!Array.isArray(row.appliedPositions) || row.appliedPositions.length === 0)
    return 'at its applied position';
  return (
    <>
      at its applied position{' '}
      <span className="font-mono wrap-anywhere">
        {row.appliedPositions.map((each) => `p${each.partition}:${each.next}`).join(' ')}
      </span>
    </>
  );
}

const invariantColumns = (remarks: Remarks): readonly Column<Invariant>[] => [
  { id: 'name', header: 'Invariant', mono: true, cell: (row) => row.name },
  { id: 'outcome', header: 'Outcome', cell: (row) => row.outcome.replaceAll('-', ' ') },
  { id: 'failing', header: 'Failing', align: 'end', cell: (row) => formatCount(row.failing) },
  {
    id: 'problem',
    header: 'Problem',
    cell: (row) => remarks?.invariants[row.name] ?? <span className="text-muted">none</span>,
  },
];
