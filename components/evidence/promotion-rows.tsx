'use client';

import { useState } from 'react';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { ErasedHere } from '@/components/vocabulary/erased.tsx';
import type { ErasureView } from '@/server/application/views.ts';
import { SavePart } from './save-part.tsx';

/** What each row held before and after, which is not read with the record: its values may be hidden. */
export function PromotionRows({
  evidenceId,
  sha256,
  erasure,
}: {
  evidenceId: string;
  sha256: string;
  /** Of the rows; null: they are there, or no erasure of them is on record. */
  erasure: ErasureView | null;
}) {
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <Section
      title="Rows"
      description="What was approved of each row, and what it held before and after, stands beside the record under this digest. Hidden values have to be revealed before it is read."
      aside={
        erasure === null ? <SavePart evidenceId={evidenceId} part="rows" onProblem={setProblem} /> : undefined
      }
    >
      {erasure === null ? null : (
        <p className="text-sm">
          <ErasedHere erasure={erasure} />
        </p>
      )}
      {problem === null ? null : (
        <Notice tone="failed" title="The rows were not saved.">
          {problem}
        </Notice>
      )}
      <ShortId id={sha256} what="digest of the rows" head={16} tail={8} />
    </Section>
  );
}
