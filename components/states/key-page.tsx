'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink } from '@/components/ui/button.tsx';
import { CodeBlock } from '@/components/ui/code-block.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { useFrozenAddress } from '@/components/ui/permalink.ts';
import { Section } from '@/components/ui/section.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { candidateSentence } from '@/components/vocabulary/cause-words.ts';
import { ErasedNotices } from '@/components/vocabulary/erased.tsx';
import { HiddenValues } from '@/components/vocabulary/hidden-values.tsx';
import type { KeyView } from '@/server/application/views.ts';
import { keyAnswer } from './key-sentence.ts';
import { eventName, type KeyTraceProps } from './key-trace.tsx';
import { againWhileRead, OwnHistory } from './own-history.tsx';
import { SideBySide } from './side-by-side.tsx';

/** One key opened: what each state says, why it differs, and its own events in order. */
export function KeyPage({ contractId, stateKey }: { contractId: string; stateKey: string }) {
  const trpc = useTRPC();
  const [replay] = useQueryState('replay', parseAsString);
  const { data: view } = useSuspenseQuery({
    ...trpc.states.key.queryOptions({ contractId, replayId: replay ?? undefined, key: stateKey }),
    refetchInterval: ({ state: { data } }) => (data === undefined ? false : againWhileRead(data)),
  });
  const differing = view.row.cells.filter((cell) => cell.kind !== 'equal' && cell.kind !== 'not-compared');
  const frozen = () => ({ replay: view.replay.id });
  useFrozenAddress({ page: frozen, row: frozen });
  const answer = keyAnswer(stateKey, view);
  const back = `/states/${encodeURIComponent(contractId)}${replay ? `?replay=${replay}` : ''}`;
  // An event's address names the replay too: the newest one of tomorrow may not know of it.
  const hrefOf = (event: string) =>
    `/states/${encodeURIComponent(contractId)}/${encodeURIComponent(stateKey)}?replay=${view.replay.id}&event=${event}`;
  return (
    <>
      <PageHeader
        title={<span className="font-mono">{stateKey}</span>}
        trail={[
          { label: 'States', href: '/states' },
          { label: contractId, href: back },
        ]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={answer.tab}
        actions={<ButtonLink href={`/replays/${view.replay.id}`}>Open the replay</ButtonLink>}
      />
      <ErasedNotices erasures={view.erasures} of="of this replay and of what stands on it" />
      <HiddenValues contractId={contractId} />
      <Section title="What each state says">
        <SideBySide view={view} />
      </Section>
      {differing.length > 0 ? (
        <Section title="What explains it">
          {differing.map((cell) => (
            <Explained key={cell.derivedState} cell={cell} hrefOf={hrefOf} />
          ))}
        </Section>
      ) : null}
      <Section
        title="Its own history"
        description="Every event of this key in order, each field before → after it. Payloads are not shown."
      >
        <OwnHistory view={view} stateKey={stateKey} hrefOf={hrefOf} />
      </Section>
      <details className="text-sm">
        <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">The replayed state</summary>
        <div className="mt-2">
          <CodeBlock label="State, JSON" text={JSON.stringify(view.state, null, 2)} maxHeight="md" />
        </div>
      </details>
    </>
  );
}

function Explained({
  cell,
  hrefOf,
}: {
  cell: KeyView['row']['cells'][number];
  hrefOf: KeyTraceProps['hrefOf'];
}) {
  const { explanation } = cell;
  if (explanation === null) {
    return <Notice tone="unknown" title={`${cell.derivedState}: not searched yet.`} />;
  }
  if (explanation.candidates.length === 0) {
    return (
      <Notice tone="different" title={`${cell.derivedState}: no single event explains it.`}>
        {explanation.sentence}
      </Notice>
    );
  }
  return explanation.candidates.map((candidate) => (
    <Notice
      key={`${candidate.cause}-${candidate.partition}-${candidate.offset}`}
      tone="different"
      title={`${cell.derivedState}: ${candidateSentence(candidate)}`}
      action={
        <Verdict tone={candidate.certainty === 'proven' ? 'verified' : 'unknown'}>
          {candidate.certainty === 'proven' ? 'proven' : 'fits the figures'}
        </Verdict>
      }
    >
      <TextLink href={hrefOf(eventName(candidate))}>
        Event <span className="font-mono">{candidate.eventId}</span>
      </TextLink>
    </Notice>
  ));
}
