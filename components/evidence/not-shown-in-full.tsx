'use client';

import { useState } from 'react';
import type { Column } from '@/components/ui/column.ts';
import { formatCount } from '@/components/ui/format-number.ts';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { EvidencePredicate } from './predicate.ts';
import { SavePart } from './save-part.tsx';

type Part = EvidencePredicate['attachments'][number];

/** The parts that are too long for a record, each with its whole to be saved. Nothing where the record has them all. */
export function NotShownInFull({ evidenceId, parts }: { evidenceId: string; parts: readonly Part[] }) {
  const [problem, setProblem] = useState<string | null>(null);
  if (parts.length === 0) return null;
  return (
    <Section
      title="Not shown in full"
      description="A record is short enough for an entry of an evidence log. Of these parts it shows the beginning, and names the whole by its digest."
    >
      {problem === null ? null : (
        <Notice tone="failed" title="This part was not saved.">
          {problem}
        </Notice>
      )}
      <Table
        caption="Parts that are not shown in full"
        columns={columnsOf(evidenceId, setProblem)}
        rows={parts}
        rowKey={(row) => row.of}
        density={40}
      />
    </Section>
  );
}

const columnsOf = (
  evidenceId: string,
  onProblem: (problem: string | null) => void,
): readonly Column<Part>[] => [
  { id: 'part', header: 'Part', mono: true, cell: (row) => row.of },
  {
    id: 'shown',
    header: 'Shown',
    align: 'end',
    cell: (row) => `${formatCount(row.shown)} of ${formatCount(row.count)}`,
  },
  { id: 'bytes', header: 'Bytes', align: 'end', cell: (row) => formatCount(row.bytes) },
  {
    id: 'digest',
    header: 'SHA-256 of the whole',
    cell: (row) => <ShortId id={row.sha256} what="digest" head={16} tail={8} />,
  },
  {
    id: 'download',
    header: 'The whole',
    cell: (row) => <SavePart evidenceId={evidenceId} part={row.of} onProblem={onProblem} />,
  },
];
