'use client';

import { Download } from 'lucide-react';
import { Button, ButtonLink } from '@/components/ui/button.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import { type EvidenceFilter, exportHref } from './evidence-filters.ts';

/** What is filtered, as a file. Taking it is on record. */
export function ExportLinks({ filter }: { filter: EvidenceFilter }) {
  const whyNot = useWhyNot('evidence', 'Exporting records');
  if (whyNot !== null) return <Button disabledReason="Needs the right “evidence”.">Export</Button>;
  return (
    <>
      <ExportLink filter={filter} format="csv" />
      <ExportLink filter={filter} format="ndjson" />
    </>
  );
}

function ExportLink({ filter, format }: { filter: EvidenceFilter; format: 'csv' | 'ndjson' }) {
  return (
    <ButtonLink
      href={exportHref(filter, format)}
      download={`reprise-evidence.${format}`}
      icon={<Download aria-hidden="true" className="size-4" />}
    >
      Export {format === 'csv' ? 'CSV' : 'NDJSON'}
    </ButtonLink>
  );
}
