'use client';

import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { notify } from '@/components/ui/notify.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { SecretOnce } from '@/components/ui/secret-once.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { RefusedOrSignInAgain } from '@/components/vocabulary/sign-in-again.tsx';
import { CodeForm } from './code-form.tsx';
import { SetUpAuthenticator } from './set-up-authenticator.tsx';

/** The codes of an app, asked for after the password: off, being set up, or on. */
export function SecondFactor() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data: standing } = useSuspenseQuery(trpc.account.secondFactor.queryOptions());
  const [recoveryCodes, setRecoveryCodes] = useState<readonly string[] | null>(null);
  const readAgain = () => queries.invalidateQueries({ queryKey: trpc.account.pathKey() });
  const begin = useMutation(trpc.account.beginAuthenticator.mutationOptions());
  const isOn = standing.since !== null;
  return (
    <Section
      title="Second factor"
      description="Six digits that an app on your phone shows, asked for after the password: one that was stolen or guessed then lets nobody in."
      aside={
        isOn || begin.data ? null : (
          <Button size="sm" pending={begin.isPending} onClick={() => begin.mutate()}>
            Set it up
          </Button>
        )
      }
    >
      <RefusedOrSignInAgain error={begin.error} back="/account" />
      {standing.wrongCodes.lastAt === null ? null : (
        <Notice
          tone="different"
          title={`${counted(standing.wrongCodes.count, 'wrong code')} in the last 30 days`}
        >
          The last one was given on <RelativeTime at={standing.wrongCodes.lastAt} absolute />. Whoever gave
          them had your password. If that was not you, change it, and tell whoever administers Reprise here.
        </Notice>
      )}
      {recoveryCodes === null ? null : (
        <SecretOnce
          title="Your recovery codes"
          label="Recovery codes"
          secret={recoveryCodes.join('\n')}
          onDone={() => setRecoveryCodes(null)}
        >
          Each stands in for the app once, should you lose it. Keep them where you keep no password: they are
          shown this once. Your other sessions have ended, and what takes a sign-in of late asks you for your
          second factor first.
        </SecretOnce>
      )}
      {standing.since !== null ? (
        <IsOn since={standing.since} left={standing.recoveryCodesLeft} onChanged={readAgain} />
      ) : begin.data ? (
        <SetUpAuthenticator
          made={begin.data}
          onConfirmed={(codes) => {
            setRecoveryCodes(codes);
            begin.reset();
            return readAgain();
          }}
          onCancel={() => begin.reset()}
        />
      ) : (
        <p className="text-sm">
          <Verdict tone="unknown" look="plain">
            off
          </Verdict>
        </p>
      )}
    </Section>
  );
}

function IsOn({ since, left, onChanged }: { since: string; left: number; onChanged: () => Promise<void> }) {
  const trpc = useTRPC();
  const [turningOff, setTurningOff] = useState(false);
  const off = useMutation(
    trpc.account.turnOffAuthenticator.mutationOptions({
      onSuccess: () => {
        void notify('The second factor is off', 'Your password alone signs you in.');
        return onChanged();
      },
    }),
  );
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-2 text-sm">
        <Verdict tone="verified" look="plain">
          on
        </Verdict>
        <span>
          since <RelativeTime at={since} />, with {counted(left, 'recovery code')} left.
        </span>
        {left < 3 ? (
          <span className="text-muted">Turned off and on again it comes with ten new ones.</span>
        ) : null}
      </p>
      {turningOff ? (
        <CodeForm
          name="Turn the second factor off"
          hint="Six digits from the app, or one of your recovery codes."
          submit="Turn it off"
          pending={off.isPending}
          error={off.error}
          onSubmit={(code) => off.mutate({ code })}
          onCancel={() => setTurningOff(false)}
        />
      ) : (
        <div>
          <Button variant="danger" onClick={() => setTurningOff(true)}>
            Turn it off
          </Button>
        </div>
      )}
    </>
  );
}
