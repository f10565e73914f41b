'use client';

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Printer } from 'lucide-react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button, ButtonLink } from '@/components/ui/button.tsx';
import { CodeBlock } from '@/components/ui/code-block.tsx';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { fixedAddress, useFrozenAddress } from '@/components/ui/permalink.ts';
import { useUnfoldedInPrint } from '@/components/ui/print.ts';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { ErasedNotices } from '@/components/vocabulary/erased.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { EvidenceDetail, EvidenceView } from '@/server/application/views.ts';
import { DecisionDocument } from './decision-document.tsx';
import { EvidenceTables } from './evidence-tables.tsx';
import { GeneratedNotice } from './generated-notice.tsx';
import { GlassDocument } from './glass-document.tsx';
import { NotShownInFull } from './not-shown-in-full.tsx';
import { OfIncidents } from './of-incidents.tsx';
import { type EvidencePredicate, readPredicate } from './predicate.ts';
import { PromotionDocument } from './promotion-document.tsx';
import { recordHead } from './record-head.ts';
import { recordedItems } from './recorded-items.tsx';
import { ReviewDocument } from './review-document.tsx';
import { saveText } from './save-text.ts';
import { StepDocument } from './step-document.tsx';
import { useVerifiedHere, type VerifiedHere, verificationOf } from './use-verified-here.ts';
import { VerifyHere } from './verify-here.tsx';
import { replacedWords, WordsGone } from './words-gone.tsx';

/** One record, readable as a document: what it says, under which contract, and what it does not prove. */
export function EvidenceRecord({ evidenceId }: { evidenceId: string }) {
  const trpc = useTRPC();
  const { data: view } = useSuspenseQuery(trpc.evidence.get.queryOptions({ evidenceId }));
  const whyNot = useWhyNot('evidence', 'Reading the record itself');
  const record = useQuery({
    ...trpc.evidence.record.queryOptions({ evidenceId }),
    enabled: whyNot === null,
  });
  useFrozenAddress(fixedAddress);
  useUnfoldedInPrint();
  const verified = useVerifiedHere(
    record.data && !view.generated ? { ...view, ...bytesOf(record.data) } : null,
  );
  const whyNotShown = whyNot ?? (record.isError ? record.error.message : null);
  const head = recordHead(view, verificationOf(verified, whyNotShown));
  return (
    <>
      <PageHeader
        title={
          <>
            Evidence <span className="font-mono">{view.id.slice(0, 8)}</span>
          </>
        }
        trail={[{ label: 'Evidence', href: '/evidence' }]}
        tone={head.tone}
        verdict={head.verdict}
        next={head.next}
        tabTitle={head.tabTitle}
        actions={
          <>
            <Download record={record.data ?? null} whyNot={whyNot} />
            <Button icon={<Printer aria-hidden="true" className="size-4" />} onClick={() => window.print()}>
              Print
            </Button>
            {view.replayId && !view.generated ? (
              <ButtonLink href={`/replays/${view.replayId}`}>Open the replay</ButtonLink>
            ) : null}
          </>
        }
      />
      {view.generated ? <GeneratedNotice /> : null}
      <ErasedNotices
        erasures={view.erasures}
        of={view.replayId === null ? 'beside this record' : 'of its replay and of what stands on it'}
      />
      <Section title="What was recorded">
        <KeyValueList items={recordedItems(view)} />
        <OfIncidents evidenceId={evidenceId} />
        <p className="text-sm">
          <Verdict tone={view.check.outcome === 'passed' ? 'verified' : 'failed'} look="plain">
            {view.check.outcome === 'passed' ? 'verdict checked' : 'verdict does not follow'}
          </Verdict>{' '}
          <span className="text-muted">{view.check.sentence}</span>
        </p>
      </Section>
      {record.data ? (
        <Body record={record.data} view={view} verified={verified} />
      ) : (
        <>
          <Limits sentences={view.doesNotProve} />
          {whyNot !== null ? (
            <Notice tone="unknown" title="The record itself is not shown.">
              {whyNot} What it found stands above.
            </Notice>
          ) : record.isError ? (
            <Notice tone="unknown" title="The record itself is not shown.">
              {record.error.message}
            </Notice>
          ) : (
            <SkeletonRows rows={6} />
          )}
        </>
      )}
    </>
  );
}

const bytesOf = ({ digest, statement, statementText }: EvidenceDetail) => ({
  digest,
  statement,
  statementText,
});

function Download({ record, whyNot }: { record: EvidenceDetail | null; whyNot: string | null }) {
  // Said in full below, where the record would stand: beside the button the short of it does.
  if (whyNot !== null) return <Button disabledReason="Needs the right “evidence”.">Download JSON</Button>;
  if (record === null) return null;
  const file = {
    name: `evidence-${record.contractId}-${record.id}.json`,
    type: 'application/vnd.in-toto+json',
  };
  return <Button onClick={() => saveText(record.statementText, file)}>Download JSON</Button>;
}

/** What the record says, and its bytes. `view`: what stands over it, which was read apart from it. */
function Body({
  record,
  view,
  verified,
}: {
  record: EvidenceDetail;
  view: EvidenceView;
  verified: VerifiedHere;
}) {
  const { doesNotProve: limits } = view;
  const isPromotion = record.kind === 'promotion';
  const isDecision = record.kind === 'approval';
  const isStep = record.kind === 'runbook-step';
  const isReview = record.kind === 'review';
  const isGlass = record.kind === 'break-glass';
  const isOther = isPromotion || isDecision || isStep || isReview || isGlass;
  const predicate = isOther ? null : readPredicate(record.statement);
  return (
    <>
      {record.remarksReplaced ? (
        <Notice tone="failed" title={replacedWords}>
          They were replaced since it was recorded, and are not shown.
        </Notice>
      ) : null}
      {isPromotion ? (
        <>
          <Limits sentences={limits} />
          <PromotionDocument record={record} />
        </>
      ) : isDecision ? (
        <>
          <Limits sentences={limits} />
          <DecisionDocument record={record} />
        </>
      ) : isStep ? (
        <>
          <Limits sentences={limits} />
          <StepDocument record={record} />
        </>
      ) : isGlass ? (
        <>
          <Limits sentences={limits} />
          <GlassDocument record={record} />
        </>
      ) : isReview ? (
        <>
          <Limits sentences={limits} />
          <ReviewDocument record={record} />
        </>
      ) : predicate ? (
        <Document record={record} limits={limits} predicate={predicate} />
      ) : (
        <Notice tone="failed" title="This record can’t be read as a replay’s evidence.">
          Its bytes are below as they are stored.
        </Notice>
      )}
      {/* By its statement, and not by a row beside it. One that was generated stands in no log. */}
      {view.generated ? null : <VerifyHere evidenceId={view.id} verified={verified} />}
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
        {/* On paper the very bytes, which are a page, and not their lines one below the other, which are a dozen. */}
        <pre className="hidden whitespace-pre-wrap break-all font-mono text-[6.5pt]/[1.35] print:block">
          {record.statementText}
        </pre>
        <details className="text-sm" data-no-print>
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

function Document({
  record,
  limits,
  predicate,
}: {
  record: EvidenceDetail;
  limits: readonly string[];
  predicate: EvidencePredicate;
}) {
  const { id, remarks } = record;
  return (
    <>
      {predicate.failure ? (
        <Notice tone="failed" title={remarks?.failure ?? `The replay ended as ${predicate.status}.`}>
          Code <span className="font-mono">{predicate.failure.code}</span>
        </Notice>
      ) : null}
      <Limits sentences={limits} />
      <EvidenceTables predicate={predicate} remarks={remarks} erased={<WordsGone record={record} />} />
      <NotShownInFull evidenceId={id} parts={predicate.attachments} />
    </>
  );
}

function Limits({ sentences }: { sentences: readonly string[] }) {
  return (
    <Section title="What this does not prove">
      <ul className="flex max-w-prose list-disc flex-col gap-1 pl-5 text-sm">
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </Section>
  );
}
