'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { notifyFailure } from '@/components/ui/notify.ts';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { ReplayDetail } from '@/server/application/views.ts';

/**
 * Pause, resume and cancel. What can't be done now is not shown once the replay has ended; before, it says why.
 * Whoever lacks the right is told once, and not by each button.
 */
export function ReplayControls({ replay }: { replay: ReplayDetail }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const after = {
    onSuccess: () =>
      queries.invalidateQueries({ queryKey: trpc.replays.get.queryKey({ replayId: replay.id }) }),
    onError: (error: { message: string }) => notifyFailure(error.message),
  };
  const pause = useMutation(trpc.replays.pause.mutationOptions(after));
  const resume = useMutation(trpc.replays.resume.mutationOptions(after));
  const cancel = useMutation(trpc.replays.cancel.mutationOptions(after));
  const whyNot = useWhyNot('replay', 'Steering a replay');
  if (replay.endedAt !== null) return null;
  if (whyNot !== null) {
    return (
      <Button variant="danger" disabledReason={whyNot} reasonPlacement="below">
        Pause or cancel
      </Button>
    );
  }
  const reasonFor = (action: ReplayDetail['actions'][number]['action']) => {
    const found = replay.actions.find((each) => each.action === action);
    return found && !found.allowed ? (found.why ?? 'It can’t be done now.') : undefined;
  };
  const target = { replayId: replay.id };
  return (
    <>
      {replay.status === 'paused' || replay.intent === 'pause' ? (
        <Button
          onClick={() => resume.mutate(target)}
          pending={resume.isPending}
          disabledReason={reasonFor('resume')}
        >
          Resume
        </Button>
      ) : (
        <Button
          onClick={() => pause.mutate(target)}
          pending={pause.isPending}
          disabledReason={reasonFor('pause')}
        >
          Pause
        </Button>
      )}
      <Button
        variant="danger"
        onClick={() => cancel.mutate({ ...target, reason: '' })}
        pending={cancel.isPending}
        disabledReason={reasonFor('cancel')}
      >
        Cancel replay
      </Button>
    </>
  );
}
