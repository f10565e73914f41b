'use client';

import { keepPreviousData, useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { useDeferredValue, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { RadioGroup } from '@/components/ui/radio-group.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { EmptyState, ErrorState } from '@/components/ui/states.tsx';
import { TextArea, TextField } from '@/components/ui/text-field.tsx';
import { PlanPreviewPanel } from './plan-preview.tsx';
import { type ParsedScope, parseScope, type ScopeDraft } from './scope-form.ts';

const kinds = ['all', 'partitions', 'offsets', 'time', 'keys'] as const;
const draftInUrl = {
  contract: parseAsString.withDefault(''),
  kind: parseAsStringLiteral(kinds).withDefault('all'),
  partitions: parseAsString.withDefault(''),
  offsets: parseAsString.withDefault(''),
  from: parseAsString.withDefault(''),
  to: parseAsString.withDefault(''),
  keys: parseAsString.withDefault(''),
};

/** Scope → what it will read and compare → launch. The draft is the URL, so it survives a reload and can be sent on. */
export function NewReplay() {
  const trpc = useTRPC();
  const { data: contracts } = useSuspenseQuery(trpc.contracts.list.queryOptions());
  const [draft, setDraft] = useQueryStates(draftInUrl);
  const contractId = draft.contract || contracts[0]?.id || '';
  const parsed = parseScope(draft);
  const scope = useDeferredValue(JSON.stringify(parsed.ok ? parsed.scope : null));
  const preview = useQuery({
    ...trpc.replays.preview.queryOptions({
      contractId,
      scope: parsed.ok ? parsed.scope : { kind: 'all' },
    }),
    enabled: contractId !== '' && parsed.ok && scope === JSON.stringify(parsed.scope),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  if (contracts.length === 0) {
    return (
      <>
        <PageHeader
          title="New replay"
          trail={trail}
          tone="unknown"
          verdict="There is no contract to replay yet."
        />
        <EmptyState title="No contract is registered.">
          Write one under contracts/ and start the worker; docs/contracts.md shows how.
        </EmptyState>
      </>
    );
  }
  return (
    <>
      <PageHeader
        title="New replay"
        trail={trail}
        tone="accent"
        verdict={headline(parsed, preview.data?.eventEstimate ?? null, preview.isFetching)}
        next="A replay reads and folds; nothing live is touched."
        tabTitle="New replay"
      />
      <div className="grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.2fr)]">
        <Section title="Scope">
          <Select
            label="Contract"
            value={contractId}
            onValueChange={(value) => setDraft({ contract: value })}
            options={contracts.map((each) => ({
              value: each.id,
              label: each.title,
              hint: `v${each.version}`,
            }))}
          />
          <RadioGroup
            label="What to replay"
            look="cards"
            value={draft.kind}
            onValueChange={(value) => setDraft({ kind: kinds.find((kind) => kind === value) ?? 'all' })}
            options={[
              {
                value: 'all',
                label: 'Everything',
                hint: 'The whole history: the only scope that proves all of it.',
              },
              { value: 'partitions', label: 'Partitions', hint: 'Some partitions, from their start.' },
              { value: 'offsets', label: 'Offsets', hint: 'Ranges per partition.' },
              { value: 'time', label: 'Time', hint: 'Between two instants, in UTC.' },
              { value: 'keys', label: 'Keys', hint: 'Some ordering keys.' },
            ]}
          />
          <ScopeFields draft={draft} parsed={parsed} onChange={setDraft} />
        </Section>
        <Section title="What it will read and compare">
          {preview.isError ? (
            <ErrorState
              title="The plan could not be made."
              whatToDo="Look at the message; the scope stays as you typed it."
              detail={preview.error.message}
              onRetry={() => preview.refetch()}
              retrying={preview.isFetching}
            />
          ) : (
            <PlanPreviewPanel
              preview={parsed.ok ? (preview.data ?? null) : null}
              pending={preview.isFetching}
            />
          )}
          <Launch
            contractId={contractId}
            parsed={parsed}
            planHash={preview.data?.planHash ?? null}
            blocked={whyBlocked(parsed, preview)}
          />
        </Section>
      </div>
    </>
  );
}

const trail = [{ label: 'Replays', href: '/replays' }];

function headline(parsed: ParsedScope, events: number | null, pending: boolean): string {
  if (!parsed.ok) return parsed.sentence;
  if (pending || events === null) return 'Counting what this scope will read.';
  return `This replay will read about ${events.toLocaleString('en-US')} events.`;
}

function whyBlocked(
  parsed: ParsedScope,
  preview: {
    data?:
      | { outcome: string; eventEstimate: number | null; problem: { sentence: string } | null }
      | undefined;
    isFetching: boolean;
    isError: boolean;
  },
): string | null {
  if (!parsed.ok) return parsed.sentence;
  if (preview.isFetching) return 'The plan is being made.';
  if (preview.isError || !preview.data) return 'There is no plan to launch.';
  if (preview.data.outcome === 'refused') return preview.data.problem?.sentence ?? 'The plan is refused.';
  if (preview.data.eventEstimate === 0) return 'This scope reads nothing.';
  return null;
}

function ScopeFields({
  draft,
  parsed,
  onChange,
}: {
  draft: ScopeDraft;
  parsed: ParsedScope;
  onChange: (change: Partial<Record<'partitions' | 'offsets' | 'from' | 'to' | 'keys', string>>) => void;
}) {
  const errorOf = (field: keyof ScopeDraft) =>
    !parsed.ok && parsed.field === field && draft[field] !== '' ? parsed.sentence : null;
  switch (draft.kind) {
    case 'all':
      return null;
    case 'partitions':
      return (
        <TextField
          label="Partitions"
          mono
          value={draft.partitions}
          onChange={(event) => onChange({ partitions: event.target.value })}
          hint="Numbers, for example 0, 3."
          error={errorOf('partitions')}
        />
      );
    case 'offsets':
      return (
        <TextArea
          label="Offset ranges"
          mono
          value={draft.offsets}
          onChange={(event) => onChange({ offsets: event.target.value })}
          hint="One a line, as partition:from-to; “to” itself is not read."
          error={errorOf('offsets')}
        />
      );
    case 'time':
      return (
        <div className="flex flex-wrap gap-3">
          <TextField
            label="From (UTC)"
            type="datetime-local"
            step={1}
            value={draft.from}
            onChange={(event) => onChange({ from: event.target.value })}
            error={errorOf('from')}
          />
          <TextField
            label="Until (UTC)"
            type="datetime-local"
            step={1}
            value={draft.to}
            onChange={(event) => onChange({ to: event.target.value })}
            error={errorOf('to')}
          />
        </div>
      );
    case 'keys':
      return (
        <TextArea
          label="Keys"
          mono
          rows={5}
          value={draft.keys}
          onChange={(event) => onChange({ keys: event.target.value })}
          hint="One a line."
          error={errorOf('keys')}
        />
      );
  }
}

function Launch({
  contractId,
  parsed,
  planHash,
  blocked,
}: {
  contractId: string;
  parsed: ParsedScope;
  planHash: string | null;
  blocked: string | null;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const [reason, setReason] = useState('');
  const [rate, setRate] = useState('');
  const rateOk = rate === '' || /^[1-9]\d{0,6}$/.test(rate);
  const launch = useMutation(
    trpc.replays.launch.mutationOptions({ onSuccess: ({ replayId }) => router.push(`/replays/${replayId}`) }),
  );
  const start = () => {
    if (!parsed.ok) return;
    launch.mutate({
      contractId,
      scope: parsed.scope,
      ...(planHash ? { planHash } : {}),
      ...(rate ? { rateLimit: Number(rate) } : {}),
      reason,
    });
  };
  return (
    <div className="flex flex-col gap-3 border-t border-line pt-4">
      <div className="grid gap-3 sm:grid-cols-[1fr_12rem]">
        <TextField
          label="Reason"
          value={reason}
          maxLength={2000}
          onChange={(event) => setReason(event.target.value)}
          hint="Stands in the evidence."
        />
        <TextField
          label="Rate limit"
          inputMode="numeric"
          value={rate}
          onChange={(event) => setRate(event.target.value.trim())}
          hint="Events/s; empty for none."
          error={rateOk ? null : 'A whole number from 1 to 9,999,999.'}
        />
      </div>
      {launch.isError ? (
        <ErrorState
          title="The replay was not launched."
          whatToDo="Nothing runs. Look at the message and try again."
          detail={launch.error.message}
        />
      ) : null}
      <div>
        <Button
          variant="primary"
          onClick={start}
          pending={launch.isPending || launch.isSuccess}
          disabledReason={blocked ?? (rateOk ? null : 'The rate limit is not a number.')}
          reasonPlacement="below"
        >
          Launch replay
        </Button>
      </div>
    </div>
  );
}
