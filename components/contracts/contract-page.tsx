'use client';

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink } from '@/components/ui/button.tsx';
import { formatCount } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Badge } from '@/components/ui/verdict.tsx';
import type { ContractDetail } from '@/server/application/views.ts';
import { contractAnswer } from './contract-answer.ts';
import { ContractBudgets } from './contract-budgets.tsx';
import { ContractProofs } from './contract-proofs.tsx';
import { ContractVersions } from './contract-versions.tsx';
import { EvidenceOverTime } from './evidence-over-time.tsx';
import { Pipeline } from './pipeline.tsx';
import { Readiness } from './readiness.tsx';

/** One contract: its pipeline now, its seven answers, its readiness, its versions and what was proven with it. */
export function ContractPage({ contractId }: { contractId: string }) {
  const trpc = useTRPC();
  const { data: contract } = useSuspenseQuery(trpc.contracts.get.queryOptions({ contractId }));
  // The question that the picture asks as well, so it is asked once.
  const pipeline = useQuery(trpc.contracts.pipeline.queryOptions({ contractId }));
  const answer = contractAnswer(contract, pipeline.data?.offsetsSinceProof ?? null);
  return (
    <>
      <PageHeader
        title={
          <>
            {contract.title} <Badge>v{contract.version}</Badge>
          </>
        }
        trail={[{ label: 'Contracts', href: '/contracts' }]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={`${answer.tab} · ${contract.id}`}
        actions={
          <>
            <ButtonLink href={`/replays/new?contract=${encodeURIComponent(contract.id)}`} variant="primary">
              New replay
            </ButtonLink>
            <ButtonLink href={`/states/${encodeURIComponent(contract.id)}`}>States</ButtonLink>
            <ButtonLink href={`/lag?contract=${encodeURIComponent(contract.id)}`}>Lag</ButtonLink>
          </>
        }
      />
      {contract.authorsProblem === null ? null : (
        <Notice tone="different" title={contract.authorsProblem}>
          Whoever wrote the contract could approve its replays. Name them by the address that they sign in
          with, or by what stands in it before the @.
        </Notice>
      )}
      {contract.goneAt === null ? null : (
        <Notice tone="different" title="The file of this contract is no longer there">
          Since <RelativeTime at={contract.goneAt} />: nothing of it is measured or checked any more. Its
          versions, replays and evidence stay, and its versions can be replayed.
        </Notice>
      )}
      <Pipeline contractId={contract.id} states={contract.derivedStates.length} />
      <ContractBudgets contractId={contract.id} />
      <EvidenceOverTime contractId={contract.id} />
      <Section title="The seven answers" description={contract.description || undefined}>
        <Answers contract={contract} />
      </Section>
      <Readiness contract={contract} />
      <ContractVersions contract={contract} />
      <ContractProofs contractId={contract.id} />
    </>
  );
}

const parts = [
  { part: 'history', letter: 'H', title: 'Authoritative history', question: 'Which log is the truth?' },
  {
    part: 'ordering',
    letter: 'O',
    title: 'Ordering boundary',
    question: 'Within which key does order hold?',
  },
  {
    part: 'idempotency',
    letter: 'I',
    title: 'Idempotency key',
    question: 'What makes a second delivery harmless?',
  },
  {
    part: 'projection',
    letter: 'F',
    title: 'Deterministic projection',
    question: 'Same history in, same state out.',
  },
  { part: 'scope', letter: 'S', title: 'Replay scope', question: 'What may be replayed at once?' },
  { part: 'invariants', letter: 'Q', title: 'Invariants', question: 'How do we know that it is right?' },
  { part: 'evidence', letter: 'E', title: 'Recovery evidence', question: 'What does a replay leave behind?' },
] as const;

function Answers({ contract }: { contract: ContractDetail }) {
  return (
    <ol className="grid gap-x-8 gap-y-6 lg:grid-cols-2">
      {parts.map(({ part, letter, title, question }) => (
        <li key={part}>
          <h3 className="flex items-baseline gap-2 text-base font-semibold">
            <span aria-hidden="true" className="font-mono text-accent">
              {letter}
            </span>
            {title}
            <span className="text-sm font-normal text-muted">{question}</span>
          </h3>
          <div className="mt-1">
            <KeyValueList
              items={contract.answers[part].map(({ label, value }) => ({
                label,
                value: /^\d{4,15}$/.test(value) ? formatCount(Number(value)) : value,
              }))}
            />
          </div>
        </li>
      ))}
    </ol>
  );
}
