'use client';

import { Building2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { type Problem, problemSentence } from './problems.ts';
import { goToIssuer } from './sign-in.ts';

export type IssuerButtonProps = {
  name: string;
  next: string;
  /** Somebody is signed in already: they are asked anew who they are, so that it counts as just now. */
  anew: boolean;
  /** Of a sign-in that came back with nothing. */
  problem: Problem | null;
};

/** The company's own sign-in: one press, and what came of the last one. */
export function IssuerButton({ name, next, anew, problem }: IssuerButtonProps) {
  const [pending, setPending] = useState(false);
  const [met, setMet] = useState(problem);
  const go = async () => {
    setPending(true);
    setMet(null);
    setMet(await goToIssuer(next, anew));
    setPending(false);
  };
  return (
    <div className="flex flex-col gap-3">
      <Button
        variant="primary"
        pending={pending}
        icon={<Building2 aria-hidden="true" className="size-4" />}
        onClick={() => void go()}
      >
        Sign in with {name}
      </Button>
      <Refused error={met === null ? null : { message: problemSentence(met, name) }} />
    </div>
  );
}
