import { z } from 'zod';
import type { Column } from '@/components/ui/column.ts';
import { formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { erasureOf } from '@/components/vocabulary/erased-words.ts';
import { Person } from '@/components/vocabulary/person.tsx';
import { placeWords } from '@/components/vocabulary/promotion-place.ts';
import type { EvidenceDetail } from '@/server/application/views.ts';
import { PromotionRows } from './promotion-rows.tsx';
import { WordsGone } from './words-gone.tsx';

const decision = z.object({
  by: z.string(),
  at: z.string(),
  verdict: z.string(),
  void: z.string().nullable(),
});
const comparison = z.object({
  derivedState: z.string(),
  outcome: z.string(),
  equal: z.number(),
  missing: z.number(),
  extra: z.number(),
  different: z.number(),
});
/** Stored bytes are not trusted to have a shape: what this page walks through is looked at first. */
const statement = z.object({
  predicate: z.object({
    promotion_id: z.string(),
    status: z.string(),
    failure: z.object({ code: z.string() }).nullable(),
    plan: z.object({
      derivedState: z.string(),
      keys: z.number(),
      fields: z.number(),
      diffDigest: z.string(),
      approvalsNeeded: z.number(),
      undoes: z.string().nullable(),
      target: z.union([
        z.object({ connection: z.string(), table: z.string(), key: z.string() }),
        z.object({ topic: z.string(), consumerGroup: z.string() }),
      ]),
      replay: z.object({ id: z.string(), shadowDigest: z.string() }),
    }),
    plan_hash: z.string(),
    rows: z.object({ sha256: z.string() }).optional(),
    keys_written: z.number(),
    keys_already_right: z.number(),
    keys_changed_since: z.number(),
    target: z
      .object({
        token: z.string(),
        appliedAt: z.string().nullable(),
        heldMs: z.number().nullable(),
        positions: z.array(z.object({ partition: z.number(), next: z.string() })),
      })
      .nullable(),
    comparisons: z.array(comparison),
    approvals: z.array(decision),
    requested_by: z.string(),
    times: z.object({ requested_at: z.string(), started_at: z.string().nullable(), ended_at: z.string() }),
  }),
});
type Predicate = z.infer<typeof statement>['predicate'];
type Compared = z.infer<typeof comparison>;

/** What the record of a promotion says: what was to be written, what was, who approved it, and what was found then. */
export function PromotionDocument({ record }: { record: EvidenceDetail }) {
  const read = statement.safeParse(record.statement);
  if (!read.success)
    return (
      <Notice tone="failed" title="This record can’t be read as a promotion’s evidence.">
        Its bytes are below as they are stored.
      </Notice>
    );
  const { predicate } = read.data;
  const { remarks } = record;
  return (
    <>
      {predicate.failure === null ? null : (
        <Notice
          tone={isUnknown(predicate) ? 'unknown' : 'failed'}
          title={remarks?.failure ?? `The promotion ended as ${predicate.status}.`}
        >
          Code <span className="font-mono">{predicate.failure.code}</span>
        </Notice>
      )}
      <Section title="What was promoted">
        <KeyValueList items={itemsOf(predicate, record)} />
      </Section>
      {predicate.rows === undefined ? null : (
        <PromotionRows
          evidenceId={record.id}
          sha256={predicate.rows.sha256}
          erasure={erasureOf(record.erasures, record.id, 'rows')}
        />
      )}
      <Section title="Found afterwards" description="Every derived state over the promoted keys.">
        <Table
          caption="Derived states afterwards"
          columns={columns}
          rows={predicate.comparisons}
          rowKey={(row) => row.derivedState}
          empty={<p className="text-sm text-muted">Nothing was looked at again.</p>}
        />
      </Section>
    </>
  );
}

/** Nobody could ask its target: it may hold all of it, and the record counts nothing. */
const isUnknown = ({ failure }: Predicate) => failure?.code === 'promotion-unknown';

function itemsOf(predicate: Predicate, { id, remarks, erasures, remarksReplaced }: EvidenceDetail) {
  const { plan, target } = predicate;
  const keys = (count: number) => (isUnknown(predicate) ? 'not known' : formatCount(count));
  const digest = (value: string, what: string) => <ShortId id={value} what={what} head={16} tail={8} />;
  return [
    {
      label: 'Promotion',
      value: (
        <TextLink href={`/promotions/${predicate.promotion_id}`}>
          {predicate.promotion_id.slice(0, 8)}
        </TextLink>
      ),
      hint: plan.undoes === null ? undefined : `It undoes promotion ${plan.undoes}.`,
    },
    { label: 'Target', value: `${plan.derivedState}: ${placeWords(plan.target)}` },
    { label: 'Keys and fields approved', value: `${formatCount(plan.keys)} and ${formatCount(plan.fields)}` },
    { label: 'Keys written', value: keys(predicate.keys_written) },
    { label: 'Keys that held it already', value: keys(predicate.keys_already_right) },
    { label: 'Keys left alone', value: keys(predicate.keys_changed_since) },
    { label: 'Digest of the diff', value: digest(plan.diffDigest, 'digest of the diff') },
    { label: 'Promotion hash', value: digest(predicate.plan_hash, 'promotion hash') },
    { label: 'Shadow state', value: digest(plan.replay.shadowDigest, 'shadow digest') },
    ...(target === null
      ? []
      : [
          { label: 'Fencing token', value: target.token },
          {
            label: 'Projector held off for',
            value: target.heldMs === null ? 'not known' : formatDuration(target.heldMs),
          },
          {
            label: 'At position',
            value: target.positions.map(({ partition, next }) => `${partition}: ${next}`).join(', '),
          },
        ]),
    {
      label: 'Decisions',
      value:
        predicate.approvals.length === 0
          ? 'none'
          : predicate.approvals.map((each, at) => (
              <span key={`${each.by} ${each.at}`} className="block">
                {each.verdict} by <Person id={each.by} />, <RelativeTime at={each.at} absolute />
                {remarks?.approvals?.[at] ? <>: “{remarks.approvals[at]}”</> : null}
                {each.void === null ? null : <> (does not count: {each.void})</>}
              </span>
            )),
    },
    { label: 'Requested by', value: <Person id={predicate.requested_by} /> },
    {
      label: 'Reason',
      value:
        remarks === null ? (
          <WordsGone record={{ id, erasures, remarksReplaced }} />
        ) : (
          remarks.reason || 'none given'
        ),
    },
    { label: 'Ended', value: <RelativeTime at={predicate.times.ended_at} absolute /> },
  ];
}

const columns: readonly Column<Compared>[] = [
  { id: 'state', header: 'Derived state', cell: (row) => row.derivedState },
  { id: 'outcome', header: 'Outcome', cell: (row) => row.outcome.replaceAll('-', ' ') },
  { id: 'equal', header: 'Equal', align: 'end', cell: (row) => formatCount(row.equal) },
  {
    id: 'differing',
    header: 'Differing',
    align: 'end',
    cell: (row) => formatCount(row.missing + row.extra + row.different),
  },
];
