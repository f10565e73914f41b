'use client';

import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { RevealForm, useHideAgain } from '@/components/vocabulary/reveal-form.tsx';

/** Says that a record's values are hidden, and lets whoever may reveal them to themselves, with a reason. */
export function RevealRecord({ contractId, until }: { contractId: string; until: string | null }) {
  useHideAgain(until);
  if (until !== null)
    return (
      <Notice tone="different" title="You see values that are hidden from others.">
        Until <RelativeTime at={until} absolute />. It is on record that you wanted to.
      </Notice>
    );
  return (
    <Notice tone="unknown" title="Its values are hidden.">
      <RevealForm contractId={contractId} />
    </Notice>
  );
}
