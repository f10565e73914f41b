'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Section } from '@/components/ui/section.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { RefusedAct } from '@/components/vocabulary/refused-act.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { PromotionDetail } from '@/server/application/promotion/views.ts';

/** The way back: the previous rows, with what has happened since folded onto them, under an approval of its own. */
export function Undo({ promotion }: { promotion: PromotionDetail }) {
  const trpc = useTRPC();
  const router = useRouter();
  const [reason, setReason] = useState('');
  const whyNot = useWhyNot('promote', 'Undoing');
  const undo = useMutation(
    trpc.promotions.undo.mutationOptions({
      onSuccess: ({ promotionId }) => router.push(`/promotions/${promotionId}`),
    }),
  );
  const can =
    promotion.status === 'promoted' &&
    promotion.undoneBy === null &&
    promotion.undoes === null &&
    (promotion.written ?? 0) > 0;
  if (!can) return null;
  return (
    <Section
      title="The way back"
      description="Asks for the rows from before, with the events since then folded onto them. Somebody else approves that as well."
    >
      <div className="flex max-w-2xl flex-col gap-3">
        <TextArea
          label="Reason to undo"
          rows={2}
          value={reason}
          maxLength={2000}
          onChange={(event) => setReason(event.target.value)}
        />
        {undo.isError ? <RefusedAct title="It was not asked for." message={undo.error.message} /> : null}
        <div>
          <Button
            variant="danger"
            pending={undo.isPending}
            disabledReason={
              whyNot ??
              (promotion.rowsErased || promotion.erasures.some(({ unusable }) => unusable)
                ? 'Rows were erased, so what was there before can’t be brought back.'
                : reason.trim() === ''
                  ? 'Give a reason first.'
                  : null)
            }
            reasonPlacement="below"
            onClick={() => undo.mutate({ promotionId: promotion.id, reason })}
          >
            Ask to undo it
          </Button>
        </div>
      </div>
    </Section>
  );
}
