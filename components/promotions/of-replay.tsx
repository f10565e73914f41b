'use client';

import { useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useId, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { ReplayDetail } from '@/server/application/views.ts';
import { type Asked, askEach } from './ask-each.ts';
import { keysIn } from './keys-in.ts';
import { promotionColumns } from './promotion-columns.tsx';

const isPartial = ({ plan }: ReplayDetail) =>
  plan !== null && plan.ranges.length < plan.history.partitionCount;

type Comparison = ReplayDetail['comparisons'][number];
const differing = (each: Comparison) => each.missing + each.extra + each.different;

/** What can be promoted of a replay, and what has been asked for already. */
export function PromotionsOfReplay({ replayId }: { replayId: string }) {
  const trpc = useTRPC();
  const { data: replay } = useSuspenseQuery(trpc.replays.get.queryOptions({ replayId }));
  const { data: asked = [] } = useQuery(trpc.promotions.ofReplay.queryOptions({ replayId: replay.id }));
  const wrong = replay.comparisons.filter((each) => differing(each) > 0);
  if (wrong.length === 0 && asked.length === 0) return null;
  return (
    <Section
      title="Promotion"
      description="Makes the differing rows of a live state what history says. Somebody else approves the exact changes first. The projector of a table goes on meanwhile; that of a topic is stopped for it."
    >
      {asked.length > 0 ? (
        <Table
          caption="Promotions of this replay"
          columns={promotionColumns}
          rows={asked}
          rowKey={(row) => row.id}
        />
      ) : null}
      {isPartial(replay) ? (
        <Notice tone="unknown" title="Nothing of this replay can be promoted.">
          It has read {replay.plan?.ranges.length} of {replay.plan?.history.partitionCount} partitions, and a
          key may have events in the others. Replay all of them.
        </Notice>
      ) : replay.confidence !== 'trusted' ? (
        <Notice tone="unknown" title="Nothing of this replay can be promoted.">
          Only what a trusted replay says may be written; this one is {replay.confidence ?? 'not judged'}.
        </Notice>
      ) : wrong.length > 0 ? (
        <Request replay={replay} wrong={wrong} />
      ) : null}
    </Section>
  );
}

function Request({ replay, wrong }: { replay: ReplayDetail; wrong: readonly Comparison[] }) {
  const trpc = useTRPC();
  const router = useRouter();
  const id = useId();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    () => new Set(wrong.filter((each) => each.mode === 'at-position').map((each) => each.derivedState)),
  );
  const [keys, setKeys] = useState('');
  const [reason, setReason] = useState('');
  const [became, setBecame] = useState<Asked | null>(null);
  const whyNot = useWhyNot('promote', 'Asking for a promotion');
  const request = useMutation(trpc.promotions.request.mutationOptions());
  const [asking, setAsking] = useState(false);
  const ask = async () => {
    setAsking(true);
    await askAll().finally(() => setAsking(false));
  };
  const askAll = async () => {
    const named = keysIn(keys);
    const each = await askEach(chosen, (derivedState) =>
      request.mutateAsync({ replayId: replay.id, derivedState, keys: named, fields: null, reason }),
    );
    if (each.refused.length > 0) {
      setBecame(each);
      // What is left to be asked for.
      setChosen(new Set(each.refused.map(({ derivedState }) => derivedState)));
      return;
    }
    const [first] = each.asked;
    router.push(each.asked.length === 1 ? `/promotions/${first?.promotionId}` : '/promotions');
  };
  const missing =
    chosen.size === 0
      ? 'Choose a derived state first.'
      : reason.trim() === ''
        ? 'Give a reason first.'
        : null;
  return (
    <form
      aria-labelledby={id}
      onSubmit={(event) => event.preventDefault()}
      className="flex max-w-2xl flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <h3 id={id} className="font-semibold">
        Ask for a promotion
      </h3>
      {wrong.map((each) => (
        <Checkbox
          key={each.derivedState}
          label={`${each.derivedState}: ${counted(differing(each), 'key')}`}
          hint={
            each.mode === 'at-position'
              ? undefined
              : 'It says no applied position, so nothing can be promoted into it.'
          }
          checked={chosen.has(each.derivedState)}
          onChange={(event) => {
            const next = new Set(chosen);
            if (event.target.checked) next.add(each.derivedState);
            else next.delete(each.derivedState);
            setChosen(next);
          }}
        />
      ))}
      <TextArea
        label="Only these keys"
        mono
        rows={2}
        value={keys}
        onChange={(event) => setKeys(event.target.value)}
        hint="One a line. Left empty: every key that differs."
      />
      <TextArea
        label="Reason for the promotion"
        value={reason}
        maxLength={2000}
        onChange={(event) => setReason(event.target.value)}
      />
      {became !== null && !asking ? <WhatBecame {...became} /> : null}
      <div>
        <Button
          variant="primary"
          pending={asking}
          disabledReason={whyNot ?? missing}
          reasonPlacement="below"
          onClick={() => void ask()}
        >
          {chosen.size > 1 ? `Ask for ${chosen.size} promotions` : 'Ask for the promotion'}
        </Button>
      </div>
    </form>
  );
}

/** Of several that were asked for at once: which there are now, and which were refused. */
function WhatBecame({ asked, refused }: Asked) {
  return (
    <>
      {asked.length > 0 ? (
        <Notice tone="accent" title={`${counted(asked.length, 'promotion')} asked for.`}>
          <ul>
            {asked.map(({ derivedState, promotionId }) => (
              <li key={derivedState}>
                <TextLink href={`/promotions/${promotionId}`}>{derivedState}</TextLink>
              </li>
            ))}
          </ul>
        </Notice>
      ) : null}
      {refused.map(({ derivedState, message }) => (
        <RefusedAct key={derivedState} title={`${derivedState} was not asked for.`} message={message} />
      ))}
    </>
  );
}
