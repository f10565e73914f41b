'use client';

import { useSuspenseQueries } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink } from '@/components/ui/button.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { fixedAddress, useFrozenAddress } from '@/components/ui/permalink.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { FactsTable } from '@/components/vocabulary/facts-table.tsx';
import { NotAllowed } from '@/components/vocabulary/not-allowed.tsx';
import { useNameOf } from '@/components/vocabulary/person.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { EvidenceSummary } from '@/server/application/views.ts';
import { comparedAnswer, compareRecords, whyNotCompared } from './compare-records.ts';

const title = 'Two records';
const trail = [{ label: 'Evidence', href: '/evidence' }];

/** Two records of one contract: what changed in verdicts, scope, code, counts, checks and approvals. */
export function CompareRecordsPage({ left, right }: { left: string; right: string }) {
  const whyNot = useWhyNot('evidence', 'Comparing two records');
  if (whyNot !== null) return <NotAllowed title={title} trail={trail} sentence={whyNot} />;
  return <Comparison left={left} right={right} />;
}

/** An address that names no two records says how one does. */
export function NothingToCompare({ sentence }: { sentence: string }) {
  return (
    <PageHeader
      title={title}
      trail={trail}
      tone="unknown"
      verdict={sentence}
      next="Select two records of one contract in the list, then press Compare."
      tabTitle="Not compared · Evidence"
      actions={<ButtonLink href="/evidence">Go to the evidence</ButtonLink>}
    />
  );
}

function Comparison({ left, right }: { left: string; right: string }) {
  const trpc = useTRPC();
  const nameOf = useNameOf();
  useFrozenAddress(fixedAddress);
  const [before, after] = useSuspenseQueries({
    queries: [
      trpc.evidence.record.queryOptions({ evidenceId: left }),
      trpc.evidence.record.queryOptions({ evidenceId: right }),
    ],
  });
  const unlike = whyNotCompared(before.data, after.data);
  if (unlike !== null) return <NothingToCompare sentence={unlike} />;
  const parts = compareRecords(before.data, after.data, nameOf);
  const answer = comparedAnswer(before.data, after.data, parts);
  return (
    <>
      <PageHeader
        title={title}
        trail={trail}
        tone={answer.tone}
        verdict={answer.verdict}
        next="What differs stands first in each part; what is the same is folded away. Their own ids, times and what was said in words are not compared."
        tabTitle={`Two records · ${after.data.contractId}`}
      />
      {parts.map((part) => (
        <Section key={part.title} title={part.title}>
          <FactsTable
            caption={part.title}
            rows={part.rows}
            before={<RecordHead record={before.data} word="Left" />}
            after={<RecordHead record={after.data} word="Right" />}
          />
        </Section>
      ))}
    </>
  );
}

function RecordHead({ record, word }: { record: EvidenceSummary; word: string }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 py-1">
      {word}
      <ShortId id={record.id} what="record" href={`/evidence/${record.id}`} copyable={false} />
      <RelativeTime at={record.recordedAt} />
    </span>
  );
}
