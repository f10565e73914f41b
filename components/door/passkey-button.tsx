'use client';

import { startAuthentication } from '@simplewebauthn/browser';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { askForPasskey, givePasskey } from './sign-in.ts';

/** One press: the browser asks which passkey, the device asks who holds it. */
export function PasskeyButton({ onIn }: { onIn: () => void }) {
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const enter = async () => {
    setPending(true);
    setProblem(null);
    const refused = await tryPasskey();
    if (refused === null) return onIn();
    setPending(false);
    setProblem(refused);
  };
  return (
    <div className="flex flex-col gap-3">
      <Button
        pending={pending}
        icon={<KeyRound aria-hidden="true" className="size-4" />}
        onClick={() => void enter()}
      >
        Sign in with a passkey
      </Button>
      <Refused error={problem === null ? null : { message: problem }} />
    </div>
  );
}

/** Answers null where it went well, else why not. */
async function tryPasskey(): Promise<string | null> {
  const asked = await askForPasskey();
  if (typeof asked === 'string') return asked;
  try {
    const answer = await givePasskey(await startAuthentication({ optionsJSON: asked }));
    return answer.kind === 'in' ? null : answer.kind === 'code' ? 'Sign in another way.' : answer.sentence;
  } catch {
    // The browser tells by design no more than that there was none, or that it was broken off.
    return 'No passkey was shown: there is none for this address, or it was broken off.';
  }
}
