'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Select } from '@/components/ui/select.tsx';
import { EmptyState, ErrorState } from '@/components/ui/states.tsx';
import { NotAllowed } from '@/components/vocabulary/not-allowed.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import { Launch } from './launch.tsx';
import { PlanPreviewPanel } from './plan-preview.tsx';
import { usePreview } from './preview.ts';
import { readRate } from './rate-form.ts';
import { ScopeFields } from './scope-fields.tsx';
import { type ParsedScope, parseScope } from './scope-form.ts';
import { ScopeKind } from './scope-kind.tsx';
import { useTypedKeys } from './typed-keys.ts';
import { parseWaivers } from './waiver-form.ts';

const kinds = ['all', 'partitions', 'offsets', 'time', 'keys'] as const;
const draftInUrl = {
  contract: parseAsString.withDefault(''),
  kind: parseAsStringLiteral(kinds).withDefault('all'),
  partitions: parseAsString.withDefault(''),
  offsets: parseAsString.withDefault(''),
  from: parseAsString.withDefault(''),
  to: parseAsString.withDefault(''),
  keys: parseAsString.withDefault(''),
  keysInTab: parseAsBoolean.withDefault(false),
  rate: parseAsString.withDefault(''),
  review: parseAsBoolean.withDefault(false),
  waive: parseAsString.withDefault(''),
};

/** Planning reads the history, so it needs the same right as launching. */
export function NewReplay() {
  const whyNot = useWhyNot('replay', 'Planning a replay');
  if (whyNot !== null) return <NotAllowed title="New replay" trail={trail} sentence={whyNot} />;
  return <Planning />;
}

/**
 * Scope → what it will read and compare → launch. The scope is the URL, so that it survives a reload and can be
 * sent on; the reason, and keys that are too many for an address, are kept by the tab.
 */
function Planning() {
  const trpc = useTRPC();
  const { data: contracts } = useSuspenseQuery(trpc.contracts.list.queryOptions());
  const [inUrl, setDraft] = useQueryStates(draftInUrl);
  const { keys, place, setKeys } = useTypedKeys(inUrl, setDraft);
  const draft = { ...inUrl, keys };
  const contractId = draft.contract || contracts[0]?.id || '';
  const contract = contracts.find((each) => each.id === contractId);
  const parsed = parseScope(draft);
  const waived = parseWaivers(draft.waive);
  const preview = usePreview(
    {
      contractId,
      scope: parsed.ok ? parsed.scope : { kind: 'all' },
      review: draft.review,
      waivers: waived.ok ? [...waived.waivers] : [],
    },
    contract !== undefined && parsed.ok,
  );
  if (contracts.length === 0) {
    return (
      <>
        <PageHeader
          title="New replay"
          trail={trail}
          tone="unknown"
          verdict="There is no contract to replay yet."
          tabTitle="New replay"
        />
        <EmptyState title="No contract is registered.">
          Write one under contracts/ and start the worker; docs/contracts.md shows how.
        </EmptyState>
      </>
    );
  }
  const noContract = contract === undefined ? `There is no contract “${contractId}”.` : null;
  return (
    <>
      <PageHeader
        title="New replay"
        trail={trail}
        tone={noContract === null ? 'accent' : 'unknown'}
        verdict={noContract ?? headline(parsed, preview)}
        next={
          noContract === null
            ? 'A replay reads and folds; nothing live is touched.'
            : 'Choose one of those that are registered.'
        }
        tabTitle={tabTitle(parsed, preview.data?.eventEstimate ?? null)}
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
          <ScopeKind
            kind={draft.kind}
            allowed={contract?.allowedScopes ?? null}
            onChange={(kind) => setDraft({ kind })}
          />
          <ScopeFields draft={draft} parsed={parsed} keysPlace={place} onKeys={setKeys} onChange={setDraft} />
        </Section>
        <Section title="What it will read and compare">
          {noContract !== null ? (
            <EmptyState title={noContract} />
          ) : preview.error !== null ? (
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
              rateLimit={readRate(draft.rate)}
            />
          )}
          <Launch
            contractId={contractId}
            rate={draft.rate}
            onRate={(rate) => setDraft({ rate })}
            waive={draft.waive}
            waived={waived}
            onWaive={(waive) => setDraft({ waive })}
            review={draft.review}
            onReview={(review) => setDraft({ review })}
            approvalsNeeded={preview.data?.plan?.approvalsNeeded ?? 0}
            parsed={parsed}
            planHash={preview.data?.planHash ?? null}
            blocked={noContract ?? whyBlocked(parsed, preview)}
          />
        </Section>
      </div>
    </>
  );
}

const trail = [{ label: 'Replays', href: '/replays' }];

function tabTitle(parsed: ParsedScope, events: number | null): string {
  return parsed.ok && events !== null ? `${counted(events, 'event')} · New replay` : 'New replay';
}

type Preview = {
  data?: { outcome: string; eventEstimate: number | null; problem: { sentence: string } | null } | undefined;
  isFetching: boolean;
  error: unknown;
};

function headline(parsed: ParsedScope, preview: Preview): string {
  if (!parsed.ok) return parsed.sentence;
  if (preview.error !== null && !preview.isFetching) return 'What this scope will read could not be counted.';
  if (preview.isFetching || preview.data === undefined) return 'Counting what this scope will read.';
  if (preview.data.outcome === 'refused') return 'This scope can’t be replayed.';
  const events = preview.data.eventEstimate;
  return events === null
    ? 'How much this scope will read is not known.'
    : `This replay will read about ${counted(events, 'event')}.`;
}

function whyBlocked(parsed: ParsedScope, preview: Preview): string | null {
  if (!parsed.ok) return parsed.sentence;
  if (preview.isFetching) return 'The plan is being made.';
  if (preview.error !== null || !preview.data) return 'There is no plan to launch.';
  if (preview.data.outcome === 'refused') return preview.data.problem?.sentence ?? 'The plan is refused.';
  if (preview.data.eventEstimate === 0) return 'This scope reads nothing.';
  return null;
}
