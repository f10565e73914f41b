'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button, ButtonLink } from '@/components/ui/button.tsx';
import { CodeBlock } from '@/components/ui/code-block.tsx';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Notice } from '@/components/ui/states.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { AgreementVerdict, ConfidenceVerdict, StatusVerdict } from '@/components/vocabulary/verdicts.tsx';
import type { EvidenceDetail } from '@/server/application/views.ts';
import { EvidenceTables } from './evidence-tables.tsx';
import { type EvidencePredicate, readPredicate } from './predicate.ts';

/** One record, readable as a document: what it says, under which contract, and what it does not prove. */
export function EvidenceRecord({ evidenceId }: { evidenceId: string }) {
  const trpc = useTRPC();
  const { data: record } = useSuspenseQuery(trpc.evidence.get.queryOptions({ evidenceId }));
  const predicate = readPredicate(record.statement);
  const answer = evidenceAnswer(record);
  return (
    <>
      <PageHeader
        title={
          <>
            Evidence <span className="font-mono">{record.id.slice(0, 8)}</span>
          </>
        }
        trail={[{ label: 'Evidence', href: '/evidence' }]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={`${record.confidence ?? record.status} · evidence of ${record.contractId}`}
        actions={
          <>
            <Button onClick={() => download(record)}>Download JSON</Button>
            {record.replayId ? (
              <ButtonLink href={`/replays/${record.replayId}`}>Open the replay</ButtonLink>
            ) : null}
          </>
        }
      />
      <Section title="What was recorded">
        <KeyValueList items={recorded(record)} />
      </Section>
      {predicate ? (
        <Document predicate={predicate} />
      ) : (
        <Notice tone="failed" title="This record can’t be read as a replay’s evidence.">
          Its bytes are below as they are stored.
        </Notice>
      )}
      <Section
        title="The record itself"
        description="These bytes are what was hashed: canonical JSON (RFC 8785), UTF-8."
      >
        <KeyValueList
          items={[
            { label: 'SHA-256', value: <ShortId id={record.digest} what="digest" head={16} tail={8} /> },
            { label: 'Record id', value: <ShortId id={record.id} what="record id" head={36} /> },
          ]}
        />
        <details className="text-sm">
          <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">Show the JSON</summary>
          <div className="mt-2">
            <CodeBlock
              label="in-toto Statement v1"
              text={JSON.stringify(record.statement, null, 2)}
              maxHeight="md"
            />
          </div>
        </details>
        <CodeBlock
          label="The same from the command line"
          text={`npm run -s reprise -- evidence show ${record.id} --json`}
        />
      </Section>
    </>
  );
}

function evidenceAnswer(record: EvidenceDetail): { tone: Tone; verdict: string; next: string | null } {
  if (record.status !== 'finished') {
    return {
      tone: record.status === 'cancelled' ? 'unknown' : 'failed',
      verdict: `A replay of ${record.contractId} ended as ${record.status}; this record says why, and proves nothing about its states.`,
      next: null,
    };
  }
  const agreement =
    record.agreement === 'different'
      ? `${counted(record.projectionsChanged ?? 0, 'live value')} ${record.projectionsChanged === 1 ? 'differs' : 'differ'} from history`
      : record.agreement === 'equal'
        ? 'every live state agreed with it'
        : record.agreement === 'behind'
          ? 'a live state was behind it'
          : 'no live state was compared in full';
  return {
    tone:
      record.confidence === 'trusted'
        ? record.agreement === 'different'
          ? 'different'
          : 'verified'
        : record.confidence === 'suspect'
          ? 'different'
          : 'failed',
    verdict: `The replayed state of ${record.contractId} is ${record.confidence ?? 'without a verdict'}; ${agreement}.`,
    next: 'What it does not prove is listed below.',
  };
}

/** E of the contract, by the names of its fields. */
function recorded(record: EvidenceDetail) {
  const figure = (value: number | null) => (value === null ? 'not computed' : formatCount(value));
  return [
    { label: 'events_processed', value: figure(record.eventsProcessed) },
    { label: 'duplicates_skipped', value: figure(record.duplicatesSkipped) },
    { label: 'projections_changed', value: figure(record.projectionsChanged) },
    { label: 'reconciliation_failures', value: figure(record.reconciliationFailures) },
    { label: 'confidence_status', value: <ConfidenceVerdict status={record.confidence} /> },
    { label: 'agreement', value: <AgreementVerdict status={record.agreement} /> },
    { label: 'coverage', value: record.coverageKind ?? 'not computed' },
    { label: 'status', value: <StatusVerdict status={record.status} /> },
    { label: 'contract', value: <ContractLink id={record.contractId} /> },
    { label: 'requested by', value: record.requestedBy },
    { label: 'recorded', value: <RelativeTime at={record.recordedAt} absolute /> },
  ];
}

function Document({ predicate }: { predicate: EvidencePredicate }) {
  return (
    <>
      {predicate.failure ? (
        <Notice tone="failed" title={predicate.failure.sentence}>
          Code <span className="font-mono">{predicate.failure.code}</span>
        </Notice>
      ) : null}
      <Section title="What this does not prove">
        <ul className="flex max-w-prose list-disc flex-col gap-1 pl-5 text-sm">
          {predicate.does_not_prove.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </Section>
      <EvidenceTables predicate={predicate} />
    </>
  );
}

/** The stored text goes out as it is: what is saved is what was hashed. */
function download(record: EvidenceDetail): void {
  const url = URL.createObjectURL(new Blob([record.statementText], { type: 'application/vnd.in-toto+json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `evidence-${record.contractId}-${record.id}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
