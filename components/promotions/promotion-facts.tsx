import type { Column } from '@/components/ui/column.ts';
import { formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Table } from '@/components/ui/table.tsx';
import { ErasedHere } from '@/components/vocabulary/erased.tsx';
import { placeWords } from '@/components/vocabulary/promotion-place.ts';
import { AgreementVerdict } from '@/components/vocabulary/verdicts.tsx';
import type { PromotionDetail } from '@/server/application/promotion/views.ts';

type Comparison = NonNullable<NonNullable<PromotionDetail['outcome']>['after']>['comparisons'][number];

/** What was found afterwards, where it was written, and by what it can be recognised. */
export function PromotionFacts({ promotion }: { promotion: PromotionDetail }) {
  const after = promotion.outcome?.after ?? null;
  return (
    <>
      {after === null ? null : (
        <Section
          title="Looked at again"
          description="Every derived state over these keys, each beside history at its own position, once it was written."
        >
          <Table
            caption="Derived states afterwards"
            columns={comparisonColumns}
            rows={after.comparisons}
            rowKey={(row) => row.derivedState}
          />
          {after.invariants.length > 0 ? (
            <Table
              caption="Invariants over live stores"
              columns={[
                { id: 'name', header: 'Invariant', mono: true, cell: (row) => row.name },
                { id: 'outcome', header: 'Outcome', cell: (row) => row.outcome.replaceAll('-', ' ') },
                {
                  id: 'problem',
                  header: 'Why',
                  cell: (row) => row.problem ?? (row.outcome === 'could-not-run' ? wasErased : ''),
                },
              ]}
              rows={after.invariants}
              rowKey={(row) => row.name}
            />
          ) : null}
        </Section>
      )}
      <Section title="The promotion">
        <KeyValueList items={itemsOf(promotion)} />
      </Section>
    </>
  );
}

function itemsOf(promotion: PromotionDetail) {
  const { plan, outcome } = promotion;
  const digest = (value: string, what: string) => <ShortId id={value} what={what} head={16} tail={8} />;
  return [
    { label: 'Target', value: placeWords(plan.target) },
    { label: 'Digest of the diff', value: digest(plan.diffDigest, 'digest of the diff') },
    { label: 'Promotion hash', value: digest(promotion.planHash, 'promotion hash') },
    { label: 'Shadow state', value: digest(plan.replay.shadowDigest, 'shadow digest') },
    { label: 'Requested', value: <RelativeTime at={promotion.requestedAt} absolute /> },
    { label: 'Reason', value: promotion.reason || <NoReason promotion={promotion} /> },
    ...(outcome === null
      ? []
      : [
          {
            label: 'Written',
            value: outcome.appliedAt === null ? 'not' : <RelativeTime at={outcome.appliedAt} absolute />,
          },
          {
            label: 'Projector held off for',
            value:
              outcome.heldMs === null
                ? 'not known: the worker that wrote it vanished before it could tell'
                : formatDuration(outcome.heldMs),
          },
          {
            label: 'At position',
            value: outcome.positions.map(({ partition, next }) => `${partition}: ${next}`).join(', '),
            hint: 'The next offset of each partition, or the cursor, that was held while it was written.',
          },
          { label: 'Fencing token', value: outcome.token },
        ]),
    ...linkItems(promotion),
  ];
}

/** Words are erased of a replay and all that stands on it, so the newest erasure of any may have taken these. */
function NoReason({ promotion: { erasures } }: { promotion: PromotionDetail }) {
  const erasure = erasures.find(({ counts }) => counts.some(({ part }) => part === 'words'));
  return erasure === undefined ? 'none given' : <ErasedHere erasure={erasure} />;
}

function linkItems({ undoes, undoneBy }: PromotionDetail) {
  const link = (label: string, id: string | null) =>
    id === null
      ? []
      : [{ label, value: <TextLink href={`/promotions/${id}`}>promotion {id.slice(0, 8)}</TextLink> }];
  return [...link('Undoes', undoes), ...link('Undone by', undoneBy)];
}

/** Whatever gave no answer has said why, when it was recorded. */
const wasErased = 'the reason was erased';

const comparisonColumns: readonly Column<Comparison>[] = [
  { id: 'state', header: 'Derived state', cell: (row) => row.derivedState },
  {
    id: 'outcome',
    header: 'Agreement',
    cell: (row) => (
      <span className="flex flex-col">
        <AgreementVerdict
          status={row.outcome === 'could-not-compare' ? 'not-compared' : row.outcome}
          look="plain"
        />
        {row.outcome === 'could-not-compare' || row.problem !== null ? (
          <span className="text-xs text-muted">{row.problem ?? wasErased}</span>
        ) : null}
      </span>
    ),
  },
  { id: 'equal', header: 'Equal', align: 'end', cell: (row) => formatCount(row.equal) },
  {
    id: 'differing',
    header: 'Differing',
    align: 'end',
    cell: (row) => formatCount(row.missing + row.extra + row.different),
  },
];
