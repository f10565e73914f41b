import type { Column } from '@/components/ui/column.ts';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import { capitalised } from '@/components/ui/words.ts';
import { AgreementVerdict, ConfidenceVerdict } from '@/components/vocabulary/verdicts.tsx';
import type { ReplayDetail } from '@/server/application/views.ts';
import { failingWords } from './failing-words.ts';
import { reasonWords } from './replay-sentence.ts';

type Comparison = ReplayDetail['comparisons'][number];
type Invariant = ReplayDetail['invariants'][number];

/** The verdicts, each with its own message and never collapsed into one. */
export function ReplayVerdicts({ replay }: { replay: ReplayDetail }) {
  return (
    <>
      <Section title="Verdicts" description="Three questions with separate answers.">
        <dl className="grid gap-4 md:grid-cols-3">
          <OneVerdict term="Confidence" question="Can the replayed state be believed?">
            <ConfidenceVerdict status={replay.confidence} />
            <p className="text-sm text-muted">
              {replay.confidenceReasons.length === 0
                ? `No history is missing, ${waivedWords(replay)}, F is deterministic, and every invariant over the replayed state ${replay.invariants.some((each) => each.over !== 'sql' && each.outcome === 'not-applicable') ? 'that applies to this scope ' : ''}holds.`
                : replay.confidenceReasons.map(reasonWords).join('; ')}
            </p>
          </OneVerdict>
          <OneVerdict term="Agreement" question="Do the live states equal it?">
            <AgreementVerdict status={replay.agreement} />
            <p className="text-sm text-muted">{agreementWords(replay)}</p>
          </OneVerdict>
          <OneVerdict term="Coverage" question="How much of history does it prove?">
            <Verdict tone={replay.coverage?.kind === 'whole' ? 'verified' : 'different'}>
              {replay.coverage?.kind ?? 'not known'}
            </Verdict>
            <p className="text-sm text-muted">{replay.coverage?.sentence}</p>
          </OneVerdict>
        </dl>
      </Section>
      <Section title="Derived states against history">
        <Table
          caption="Derived states"
          columns={comparisonColumns(replay)}
          rows={replay.comparisons}
          rowKey={(row) => row.derivedState}
          empty={<p className="text-sm text-muted">The contract names no derived state in this scope.</p>}
        />
      </Section>
      <Section
        title="Invariants"
        description="One that could not run has not passed; one that is not applicable to the scope has neither passed nor failed."
      >
        <Table
          caption="Invariants"
          columns={invariantColumns}
          rows={replay.invariants}
          rowKey={(row) => row.name}
          empty={<p className="text-sm text-muted">The contract states none.</p>}
        />
      </Section>
    </>
  );
}

function OneVerdict({
  term,
  question,
  children,
}: {
  term: string;
  question: string;
  children: React.ReactNode;
}) {
  return (
    <div className="flex flex-col items-start gap-1 border-l-2 border-line pl-3">
      <dt className="text-sm font-medium">
        {term} <span className="font-normal text-muted">· {question}</span>
      </dt>
      <dd className="flex flex-col items-start gap-1">{children}</dd>
    </div>
  );
}

function agreementWords(replay: ReplayDetail): string {
  const states = replay.comparisons.map((each) =>
    each.outcome === 'could-not-compare'
      ? `${each.derivedState}: could not be compared`
      : `${each.derivedState}: ${formatCount(each.equal)} of ${counted(each.keys, 'key')} equal`,
  );
  // Agreement follows from these too, so it may be "different" where every key is equal.
  const invariants = replay.invariants
    .filter(({ over, outcome }) => over === 'sql' && (outcome === 'failed' || outcome === 'could-not-run'))
    .map(({ name, outcome }) => `${name}: ${outcome === 'failed' ? 'does not hold' : 'could not be run'}`);
  const said = [...(states.length === 0 ? ['no derived state was compared'] : states), ...invariants];
  return states.length === 0 ? `${capitalised(said.join('; '))}.` : said.join('; ');
}

const outcomeTone: Record<Comparison['outcome'], Tone> = {
  equal: 'verified',
  behind: 'accent',
  different: 'different',
  'could-not-compare': 'failed',
};

function comparisonColumns(replay: ReplayDetail): readonly Column<Comparison>[] {
  const states = `/states/${encodeURIComponent(replay.contractId)}?replay=${replay.id}`;
  return [
    {
      id: 'state',
      header: 'Derived state',
      cell: (row) => (
        <TextLink quiet href={`${states}&state=${encodeURIComponent(row.derivedState)}`}>
          {row.derivedState}
        </TextLink>
      ),
    },
    {
      id: 'outcome',
      header: 'Outcome',
      cell: (row) => (
        <span className="flex flex-col">
          <Verdict tone={outcomeTone[row.outcome]} look="plain">
            {row.outcome === 'could-not-compare'
              ? `could not compare: ${row.problem ?? 'the reason was erased'}`
              : row.outcome}
          </Verdict>
          {row.outcome !== 'could-not-compare' && row.problem !== null ? (
            <span className="text-xs text-muted">{row.problem}</span>
          ) : null}
        </span>
      ),
    },
    { id: 'keys', header: 'Keys', align: 'end', cell: (row) => formatCount(row.keys) },
    { id: 'different', header: 'Different', align: 'end', cell: (row) => formatCount(row.different) },
    { id: 'missing', header: 'Missing', align: 'end', cell: (row) => formatCount(row.missing) },
    { id: 'extra', header: 'Extra', align: 'end', cell: (row) => formatCount(row.extra) },
    {
      id: 'behind',
      header: 'Events behind',
      align: 'end',
      wideOnly: true,
      cell: (row) => formatCount(BigInt(row.eventsBehind)),
    },
    {
      id: 'mode',
      header: 'Compared',
      wideOnly: true,
      cell: (row) =>
        row.mode === 'at-position' ? 'at its applied position' : 'after it had settled (it has no position)',
    },
  ];
}

const invariantTone: Record<Invariant['outcome'], Tone> = {
  passed: 'verified',
  failed: 'failed',
  'could-not-run': 'unknown',
  'not-applicable': 'unknown',
};
const overWords: Record<Invariant['over'], string> = {
  key: 'each replayed key',
  whole: 'the whole replayed state',
  sql: 'a live store',
};

const invariantColumns: readonly Column<Invariant>[] = [
  { id: 'name', header: 'Invariant', mono: true, cell: (row) => row.name },
  {
    id: 'outcome',
    header: 'Outcome',
    cell: (row) => (
      <Verdict tone={invariantTone[row.outcome]} look="plain">
        {row.outcome.replaceAll('-', ' ')}
      </Verdict>
    ),
  },
  { id: 'over', header: 'Over', wideOnly: true, cell: (row) => overWords[row.over] },
  {
    id: 'failing',
    header: 'Failing keys',
    cell: (row) =>
      row.problem !== null ? (
        <span className="text-muted">{row.problem}</span>
      ) : row.failing === 0 ? (
        'none'
      ) : (
        failingWords(row)
      ),
  },
];

/** A waived record is still one that was set aside. */
function waivedWords(replay: ReplayDetail): string {
  const { quarantined } = replay.counters;
  return quarantined === 0
    ? 'nothing is quarantined'
    : `every quarantined record (${formatCount(quarantined)}) is waived by an approved plan`;
}
