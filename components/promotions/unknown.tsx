'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import type { PromotionDetail } from '@/server/application/promotion/views.ts';

/** The end of what nobody can find out any more: by hand, and as that. */
export function Unknown({ promotion }: { promotion: PromotionDetail }) {
  const trpc = useTRPC();
  const [reason, setReason] = useState('');
  const record = useMutation(trpc.promotions.recordUnknown.mutationOptions());
  const { unknown } = promotion;
  if (unknown === null) return null;
  const why = unknown.whyNot ?? (reason.trim() === '' ? 'Give a reason first.' : null);
  return (
    <details className="max-w-2xl text-sm">
      <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
        Its target is gone for good
      </summary>
      <div className="mt-2 flex flex-col gap-3 rounded-lg border border-l-4 border-line border-l-unknown bg-surface p-4">
        <p className="max-w-prose text-muted">
          Its target could last be asked <RelativeTime at={unknown.since} />, after a worker had taken it up,
          so only that knows whether it was written. Where that can never be asked again, an approver records
          exactly this: it ends as failed, and its record says that it may have been written. Mend the target
          instead wherever you can.
        </p>
        {unknown.whyNot === null ? (
          <TextArea
            label="Why its target can’t be asked any more"
            rows={2}
            value={reason}
            maxLength={2000}
            onChange={(event) => setReason(event.target.value)}
          />
        ) : null}
        {record.isError ? <RefusedAct title="It was not recorded." message={record.error.message} /> : null}
        <div>
          <Button
            variant="danger"
            pending={record.isPending}
            disabledReason={why}
            reasonPlacement="below"
            onClick={() => record.mutate({ promotionId: promotion.id, reason })}
          >
            Record as unknown
          </Button>
        </div>
      </div>
    </details>
  );
}
