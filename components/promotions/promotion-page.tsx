'use client';

import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button, ButtonLink } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { BreakGlass } from '@/components/vocabulary/break-glass.tsx';
import { DecideForm } from '@/components/vocabulary/decide-form.tsx';
import { DecisionList } from '@/components/vocabulary/decision-list.tsx';
import { ErasedNotices } from '@/components/vocabulary/erased.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { PromotionDetail } from '@/server/application/promotion/views.ts';
import { ChangesTable } from './changes-table.tsx';
import { PromotionFacts } from './promotion-facts.tsx';
import { promotionAnswer } from './promotion-sentence.ts';
import { Undo } from './undo.tsx';
import { Unknown } from './unknown.tsx';

/** One promotion: what would be written, who decides, how it went, and the way back. */
export function PromotionPage({ promotionId }: { promotionId: string }) {
  const trpc = useTRPC();
  const { data: promotion } = useSuspenseQuery(trpc.promotions.get.queryOptions({ promotionId }));
  const answer = promotionAnswer(promotion);
  return (
    <>
      <PageHeader
        title={`${promotion.undoes === null ? 'Promotion' : 'Undoing'} of ${promotion.derivedState}`}
        trail={[{ label: 'Promotions', href: '/promotions' }]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={`${answer.tab} · ${promotion.contractId}`}
        actions={
          <>
            {promotion.status === 'promoted' && promotion.undoneBy === null ? (
              <ButtonLink
                href={`/replays/new?contract=${encodeURIComponent(promotion.contractId)}`}
                variant="primary"
              >
                Replay again
              </ButtonLink>
            ) : null}
            {promotion.evidenceId === null ? null : (
              <ButtonLink href={`/evidence/${promotion.evidenceId}`}>Open the evidence</ButtonLink>
            )}
            <ButtonLink href={`/replays/${promotion.replayId}`}>Open the replay</ButtonLink>
            <Withdraw promotion={promotion} />
          </>
        }
      />
      <ErasedNotices erasures={promotion.erasures} of="of its replay and of what stands on it" />
      {promotion.problem === null ? null : (
        <Notice tone="different" title="It waits, and goes on by itself.">
          {promotion.problem.sentence}
        </Notice>
      )}
      <Unknown promotion={promotion} />
      <Approval promotion={promotion} />
      <ChangesTable promotion={promotion} />
      <PromotionFacts promotion={promotion} />
      <Undo promotion={promotion} />
    </>
  );
}

function Approval({ promotion }: { promotion: PromotionDetail }) {
  const trpc = useTRPC();
  const decide = useMutation(trpc.promotions.decide.mutationOptions());
  const { approval } = promotion;
  const waits = promotion.status === 'awaiting-approval';
  const { needed, given } = approval.standing;
  const needs = `${counted(needed, 'approval')} of ${needed === 1 ? 'somebody' : 'different people'} other than who requested it`;
  return (
    <Section
      title="Approval"
      description={
        waits ? (
          <>
            <Person id={approval.requestedBy} /> asks to write the changes below: “{promotion.reason}”. It
            needs {needs}, has {given}, and writes exactly these or nothing.
          </>
        ) : (
          `It needed ${needs}.`
        )
      }
    >
      {waits && approval.newerVersion !== null ? (
        <Notice
          tone="different"
          title={`Version ${approval.newerVersion} of the contract was registered since.`}
        >
          These changes come from version {promotion.contractVersion}, and can’t be approved any more. Replay
          the contract, and promote what that comes to.
        </Notice>
      ) : null}
      <DecisionList decisions={approval.decisions} />
      {waits ? (
        <DecideForm
          title={
            <>
              Your decision about diff{' '}
              <ShortId id={promotion.plan.diffDigest} what="digest of the diff" head={16} tail={8} />
            </>
          }
          approve="Approve these changes"
          hint="Why these may be written, or may not. It stands in the audit and beside the evidence."
          whyNot={approval.whyNot}
          pending={decide.isPending ? decide.variables.verdict : null}
          error={decide.error?.message ?? null}
          onDecide={(verdict, reason) =>
            decide.mutate({ promotionId: promotion.id, planHash: promotion.planHash, verdict, reason })
          }
        />
      ) : null}
      <BreakGlass
        subjectKind="promotion"
        subjectId={promotion.id}
        planHash={promotion.planHash}
        waits={waits}
      />
    </Section>
  );
}

function Withdraw({ promotion }: { promotion: PromotionDetail }) {
  const trpc = useTRPC();
  const withdraw = useMutation(trpc.promotions.withdraw.mutationOptions());
  const whyNot = useWhyNot('promote', 'Withdrawing');
  if (promotion.status !== 'awaiting-approval' && promotion.status !== 'queued') return null;
  if (whyNot !== null) return null;
  return (
    <>
      <Button
        variant="danger"
        pending={withdraw.isPending}
        onClick={() => withdraw.mutate({ promotionId: promotion.id, reason: '' })}
      >
        Withdraw
      </Button>
      {withdraw.isError ? (
        <RefusedAct title="It was not withdrawn." message={withdraw.error.message} />
      ) : null}
    </>
  );
}
