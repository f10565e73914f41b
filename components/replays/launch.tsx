'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { useDraft } from '@/components/ui/draft.ts';
import { TextField } from '@/components/ui/text-field.tsx';
import { replayCommand } from '@/components/vocabulary/command-line.ts';
import { CopyCommand } from '@/components/vocabulary/copy-command.tsx';
import { LaunchFailed } from './launch-failed.tsx';
import { type LaunchFailure, launchFailure } from './launch-failure.ts';
import { isRate } from './rate-form.ts';
import type { ParsedScope } from './scope-form.ts';
import type { parseWaivers } from './waiver-form.ts';

export type LaunchProps = {
  contractId: string;
  parsed: ParsedScope;
  planHash: string | null;
  /** Why nothing can be launched now; null when something can. */
  blocked: string | null;
  /** As typed; empty for no limit. */
  rate: string;
  onRate: (rate: string) => void;
  /** Records that may be quarantined, as typed, and what they mean. */
  waive: string;
  waived: ReturnType<typeof parseWaivers>;
  onWaive: (waive: string) => void;
  /** Somebody is to approve it first, also where the contract does not ask for it. */
  review: boolean;
  onReview: (review: boolean) => void;
  approvalsNeeded: number;
};

/** The last step: why, how fast, and the button. */
export function Launch(props: LaunchProps) {
  const { contractId, parsed, planHash, blocked, rate, onRate, review, onReview, approvalsNeeded } = props;
  const { waive, waived, onWaive } = props;
  const trpc = useTRPC();
  const router = useRouter();
  const { text: reason, setText: setReason, forget } = useDraft(`replay-reason:${contractId}`);
  const rateOk = isRate(rate);
  // Of a launch whose outcome is not known yet; the tab keeps it, so that a reload asks for the same one again.
  const { text: pendingId, setText: keepId, forget: forgetId } = useDraft(`replay-id:${contractId}`);
  const launch = useMutation(
    trpc.replays.launch.mutationOptions({
      onMutate: ({ replayId = '' }) => {
        keepId(replayId);
        return { wasUnknown: replayId === pendingId };
      },
      onSuccess: ({ replayId }) => {
        forget();
        forgetId();
        router.push(`/replays/${replayId}`);
      },
      onError: (error, _sent, before) => {
        const { kind } = launchFailure(error);
        // What is refused now says nothing of an earlier try, which may be under way still.
        if (kind === 'taken' || (kind === 'refused' && before?.wasUnknown !== true)) forgetId();
      },
    }),
  );
  const failure = failureOf(launch, pendingId);
  const start = () => {
    if (!parsed.ok) return;
    launch.mutate({
      replayId: pendingId || crypto.randomUUID(),
      contractId,
      scope: parsed.scope,
      ...(planHash ? { planHash } : {}),
      ...(rate ? { rateLimit: Number(rate) } : {}),
      reason,
      review,
      waivers: waived.ok ? [...waived.waivers] : [],
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
          onChange={(event) => onRate(event.target.value.trim())}
          hint="Events/s; empty for none."
          error={rateOk ? null : 'A whole number from 1 to 9,999,999.'}
        />
      </div>
      <TextField
        label="Waive quarantined records"
        mono
        value={waive}
        onChange={(event) => onWaive(event.target.value)}
        hint="partition:offset, separated by commas. The replay may be trusted without exactly these; say why above, and somebody approves it."
        error={waived.ok ? null : waived.sentence}
      />
      <Checkbox
        label="Have somebody approve it first"
        hint={
          approvalsNeeded > 0 && !review
            ? 'The contract asks for it already.'
            : 'It waits, and runs exactly this plan once it is approved.'
        }
        checked={review || approvalsNeeded > 0}
        disabled={approvalsNeeded > 0 && !review}
        onChange={(event) => onReview(event.target.checked)}
      />
      {failure ? <LaunchFailed failure={failure} detail={launch.error?.message ?? null} /> : null}
      <div className="flex flex-wrap items-start gap-2">
        <Button
          variant="primary"
          onClick={start}
          pending={launch.isPending || launch.isSuccess}
          disabledReason={
            blocked ?? (rateOk ? (waived.ok ? null : waived.sentence) : 'The rate limit is not a number.')
          }
          reasonPlacement="below"
        >
          {approvalsNeeded > 0 ? 'Request approval' : 'Launch replay'}
        </Button>
        {parsed.ok && rateOk && waived.ok ? (
          <CopyCommand
            command={replayCommand({
              contractId,
              scope: parsed.scope,
              rateLimit: rate ? Number(rate) : null,
              reason,
              review,
              waivers: waived.waivers,
            })}
          />
        ) : null}
      </div>
    </div>
  );
}

type Asked = { status: string; error: Parameters<typeof launchFailure>[0] | null };

/** Null where nothing has failed. A kept id with nothing under way is one of which nothing is known. */
function failureOf({ status, error }: Asked, pendingId: string): LaunchFailure | null {
  if (status === 'pending' || status === 'success') return null;
  const failure = error === null ? null : launchFailure(error);
  if (failure?.kind === 'taken') return failure;
  return pendingId === '' ? failure : { kind: 'unknown' };
}
