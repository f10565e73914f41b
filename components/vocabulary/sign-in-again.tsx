'use client';

import { TextLink } from '@/components/ui/link.tsx';
import { Refused } from '@/components/ui/refused.tsx';

type Refusal = {
  readonly message: string;
  readonly data?: { readonly reprise?: { readonly code: string } | null } | null;
};

/** Why something was not done, and the way to the door where it takes a sign-in of late. */
export function RefusedOrSignInAgain({ error, back }: { error: Refusal | null; back: string }) {
  if (error === null) return null;
  return (
    <div className="flex flex-col items-start gap-1">
      <Refused error={error} />
      {error.data?.reprise?.code === 'sign-in-not-fresh' ? (
        <TextLink href={`/sign-in?next=${encodeURIComponent(back)}`} className="text-sm">
          Sign in again
        </TextLink>
      ) : null}
    </div>
  );
}
