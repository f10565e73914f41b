'use client';

import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { CodeBlock } from '@/components/ui/code-block.tsx';
import type { Column } from '@/components/ui/column.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { Section } from '@/components/ui/section.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { PageCheck, PageReport } from '@/server/domain/verification/index.ts';
import { wholeOf } from './page-report.ts';
import type { VerifiedHere } from './use-verified-here.ts';

const toneOf: Record<PageCheck['outcome'], Tone> = { pass: 'verified', fail: 'failed', 'not-run': 'unknown' };
const wordOf: Record<PageCheck['outcome'], string> = { pass: 'pass', fail: 'fail', 'not-run': 'not run' };

const columns: readonly Column<PageCheck>[] = [
  { id: 'check', header: 'Check', width: '12rem', cell: ({ name }) => name.replaceAll('-', ' ') },
  {
    id: 'outcome',
    header: 'Outcome',
    width: '7rem',
    cell: ({ outcome }) => (
      <Verdict tone={toneOf[outcome]} look="plain">
        {wordOf[outcome]}
      </Verdict>
    ),
  },
  {
    id: 'found',
    header: 'What was found',
    cell: (check) => (
      <span className="whitespace-normal">
        {check.sentence}
        {check.code === null ? null : <span className="font-mono text-muted"> {check.code}</span>}
      </span>
    ),
  },
];

/** It says what is done, and nothing of what it may come to before it has. */
function titleOf({ data, isError }: { readonly data?: PageReport; readonly isError: boolean }): string {
  if (data !== undefined) return wholeOf(data).title;
  return isError ? 'Not verified in this browser' : 'Verifying in this browser…';
}

/**
 * Checks signature, log and meaning of a record by this browser's own cryptography, one named check after the other,
 * and that what the page shows of it is what was signed.
 */
export function VerifyHere({ evidenceId, verified }: { evidenceId: string; verified: VerifiedHere }) {
  const { report, key, setKey } = verified;
  const [draft, setDraft] = useState('');
  return (
    <Section
      title={titleOf(report)}
      description="Computed here from the record’s bundle: whether it was signed, stands in the log unchanged, says what follows from it, and is what this page shows."
      aside={
        <a className="text-sm underline" href={`/api/evidence/${evidenceId}/bundle`} download>
          Download the bundle
        </a>
      }
    >
      {report.data ? (
        <Found report={report.data} isOwnKey={key !== ''} />
      ) : report.isError ? (
        <Notice tone="failed" title="It could not be verified here.">
          {report.error.message}
        </Notice>
      ) : (
        <SkeletonRows rows={4} />
      )}
      <details className="text-sm print:hidden">
        <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
          Verify with a key of your own, or without this server
        </summary>
        <form
          className="mt-2 flex max-w-prose flex-col gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            setKey(draft.trim());
          }}
        >
          <TextArea
            label="Public keys"
            hint="PEM or verifier keys, one after the other, that you have from elsewhere than this server."
            mono
            rows={3}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
          />
          <Button type="submit" className="self-start">
            Verify
          </Button>
        </form>
        <CodeBlock
          label="Offline, from the command line"
          text={`npm run -s reprise -- evidence verify ${evidenceId}.evidence.json --key public-key.pem`}
        />
      </details>
    </Section>
  );
}

const integrityTone: Record<PageReport['integrity']['outcome'], Tone> = {
  verified: 'verified',
  failed: 'failed',
  partly: 'unknown',
};

function Found({ report, isOwnKey }: { report: PageReport; isOwnKey: boolean }) {
  const { integrity, confidence_status, agreement, coverage } = report;
  const whole = wholeOf(report);
  return (
    <>
      <p className="text-sm">
        <Verdict tone={whole.tone}>{whole.word}</Verdict> {whole.sentence}
      </p>
      <KeyValueList
        items={[
          {
            label: 'integrity',
            value: <Verdict tone={integrityTone[integrity.outcome]}>{integrity.outcome}</Verdict>,
            hint: isOwnKey
              ? 'By the keys that you gave.'
              : 'By the keys that this server names: only a key that you have from elsewhere tells that it is the right server.',
          },
          { label: 'confidence_status', value: confidence_status ?? 'none' },
          { label: 'agreement', value: agreement ?? 'none' },
          { label: 'coverage', value: coverage?.sentence ?? 'none' },
        ]}
      />
      <Table
        caption="Checks of this record"
        columns={columns}
        rows={report.checks}
        rowKey={({ name }) => name}
        rowTone={({ outcome }) => (outcome === 'fail' ? 'failed' : null)}
      />
    </>
  );
}
