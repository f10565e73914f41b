import type { ReactNode } from 'react';
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
import { Person } from '@/components/vocabulary/person.tsx';
import type { EvidenceDetail } from '@/server/application/views.ts';

/** Stored bytes are not trusted to have a shape: what this page walks through is looked at first. */
const statement = z.object({
  predicate: z.object({
    review_id: z.string(),
    revision: z.number(),
    incident: z.object({ id: z.string(), class: z.string(), kind: z.string() }),
    document: z.string(),
    markdown: z.string(),
    times: z.object({
      detect_ms: z.number().nullable(),
      acknowledge_ms: z.number().nullable(),
      recover_ms: z.number().nullable(),
    }),
    counts: z.object({
      sections_written: z.number(),
      timeline: z.number(),
      evidence: z.number(),
      runs: z.number(),
      attempts: z.number(),
      actions: z.number(),
    }),
    evidence: z.array(z.object({ id: z.string(), sha256: z.string() })),
    authors: z.array(z.string()),
    completed_by: z.string(),
    signers: z.array(z.string()),
    signed_at: z.string(),
  }),
});
type Said = z.output<typeof statement>['predicate'];

/** A signed review: of which incident, who wrote, completed and signed it, and the records that it stands on. */
export function ReviewDocument({ record }: { record: EvidenceDetail }) {
  const read = statement.safeParse(record.statement);
  if (!read.success)
    return (
      <Notice tone="failed" title="This record can’t be read as the evidence of a review.">
        Its bytes are below as they are stored.
      </Notice>
    );
  const { predicate: said } = read.data;
  return (
    <>
      <Section title="The review">
        <KeyValueList items={[...itemsOf(said), ...figuresOf(said)]} />
      </Section>
      <Section title="The records that it stands on">
        <Table
          caption="Records that the review names"
          columns={columns}
          rows={said.evidence}
          rowKey={(row) => row.id}
          empty={<p className="text-sm text-muted">It names none.</p>}
        />
      </Section>
    </>
  );
}

function itemsOf(said: Said) {
  const { review_id, revision, incident } = said;
  const digest = (value: string, what: string) => <ShortId id={value} what={what} head={16} tail={8} />;
  return [
    {
      label: 'review',
      value: <TextLink href={`/reviews/${review_id}`}>{review_id}</TextLink>,
      hint: `revision ${revision}; the page may show a later one`,
    },
    {
      label: 'incident',
      value: <TextLink href={`/incidents/${incident.id}`}>{incident.id}</TextLink>,
      hint: `${incident.class}, opened by: ${incident.kind}`,
    },
    { label: 'written by', value: <People ids={said.authors} /> },
    { label: 'completed by', value: <Person id={said.completed_by} /> },
    { label: 'signed by', value: <People ids={said.signers} /> },
    { label: 'signed at', value: <RelativeTime at={said.signed_at} absolute /> },
    { label: 'review.json', value: digest(said.document, 'digest of the review as JSON') },
    { label: 'review.md', value: digest(said.markdown, 'digest of the review as Markdown') },
  ];
}

function figuresOf({
  times,
  counts,
}: Said): readonly { readonly label: string; readonly value: ReactNode }[] {
  const took = (ms: number | null) => (ms === null ? 'not measured' : formatDuration(ms));
  return [
    { label: 'until it was opened', value: took(times.detect_ms) },
    { label: 'until it was acknowledged', value: took(times.acknowledge_ms) },
    { label: 'until it was recovered', value: took(times.recover_ms) },
    { label: 'sections that people wrote', value: formatCount(counts.sections_written) },
    { label: 'lines of the timeline', value: formatCount(counts.timeline) },
    {
      label: 'runs of runbooks',
      value: `${formatCount(counts.runs)}, with ${formatCount(counts.attempts)} attempts`,
    },
    { label: 'action items', value: formatCount(counts.actions) },
  ];
}

function People({ ids }: { ids: readonly string[] }) {
  if (ids.length === 0) return 'nobody';
  return (
    <span className="flex flex-wrap gap-x-2">
      {ids.map((id) => (
        <Person key={id} id={id} />
      ))}
    </span>
  );
}

const columns: readonly Column<Said['evidence'][number]>[] = [
  {
    id: 'record',
    header: 'Record',
    cell: (row) => <ShortId id={row.id} what="record" href={`/evidence/${row.id}`} />,
  },
  {
    id: 'digest',
    header: 'SHA-256',
    cell: (row) => <ShortId id={row.sha256} what="digest" head={16} tail={8} />,
  },
];
