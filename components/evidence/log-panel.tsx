'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { type KeyValue, KeyValueList } from '@/components/ui/key-value.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { EvidenceLogView } from '@/server/application/views.ts';

/** How the log stands that every record is in: who elsewhere has seen how much of it, and where its checkpoints go. */
export function LogPanel() {
  const trpc = useTRPC();
  const { data: log } = useSuspenseQuery(trpc.evidence.log.queryOptions());
  if (log.origin === null) return null;
  return (
    <Section
      title="The evidence log"
      description="Every record is an entry of it. What others have seen of it nobody here can rewrite unseen."
    >
      <KeyValueList
        items={[
          { label: 'Log', value: log.origin, hint: counted(log.size, 'entry', 'entries') },
          { label: 'Newest checkpoint', value: <Mark mark={log.checkpoint} none="nothing is signed yet" /> },
          { label: 'Last audit of itself', value: <Audit audit={log.audit} /> },
          ...witnessItems(log),
          ...log.sinks.map(sinkItem),
        ]}
      />
    </Section>
  );
}

function witnessItems({ witnesses, checkpoint }: EvidenceLogView): readonly KeyValue[] {
  if (witnesses.length === 0)
    return [
      {
        label: 'Witnesses',
        value: <span className="text-muted">none is configured</span>,
        hint: 'That everybody is shown the same log nobody else watches. REPRISE_WITNESS_KEYS names who does.',
      },
    ];
  return witnesses.map(({ name, cosigned }, at) => ({
    label: witnesses.length === 1 ? 'Witness' : `Witness ${at + 1}`,
    value: (
      <>
        <span className="block wrap-anywhere">{name}</span>
        <Mark mark={cosigned} none="has cosigned nothing yet" />
      </>
    ),
    hint:
      cosigned !== null && checkpoint !== null && cosigned.size < checkpoint.size
        ? `It has not cosigned the newest checkpoint, of ${counted(checkpoint.size, 'entry', 'entries')}.`
        : null,
  }));
}

const places = { folder: 'in a folder', webhook: 'by a webhook', topic: 'in a topic' } as const;

function sinkItem({ kind, name, kept, problem }: EvidenceLogView['sinks'][number]): KeyValue {
  return {
    label: `Checkpoints kept ${places[kind]}`,
    value: (
      <>
        <span className="block wrap-anywhere">{name}</span>
        {problem?.stands ? (
          <Verdict tone="failed" look="plain">
            can’t be kept there now
          </Verdict>
        ) : (
          <Mark mark={kept} none="none yet" />
        )}
      </>
    ),
    hint:
      problem === null ? null : (
        <>
          Last error <RelativeTime at={problem.at} />: {problem.sentence}
        </>
      ),
  };
}

type MarkProps = { mark: { readonly size: number; readonly at: string | null } | null; none: string };

function Mark({ mark, none }: MarkProps) {
  if (mark === null) return <span className="text-muted">{none}</span>;
  return (
    <>
      {counted(mark.size, 'entry', 'entries')}
      {mark.at === null ? null : (
        <>
          , <RelativeTime at={mark.at} />
        </>
      )}
    </>
  );
}

function Audit({ audit }: { audit: EvidenceLogView['audit'] }) {
  if (audit === null) return <span className="text-muted">none yet</span>;
  return (
    <>
      {audit.findings === 0 ? (
        <Verdict tone="verified" look="plain">
          {counted(audit.size, 'entry', 'entries')} fit what was signed
        </Verdict>
      ) : (
        <Verdict tone="failed" look="plain">
          {counted(audit.findings, 'finding')}, told on the overview
        </Verdict>
      )}{' '}
      <RelativeTime at={audit.at} />
    </>
  );
}
