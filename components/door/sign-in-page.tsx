'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { PageTitle } from '@/components/ui/page-title.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { CodeStep } from './code-step.tsx';
import { DemoPeople } from './demo-people.tsx';
import { IssuerButton } from './issuer-button.tsx';
import { PasskeyButton } from './passkey-button.tsx';
import { problemIn } from './problems.ts';
import { safeNext } from './safe-next.ts';
import { signIn } from './sign-in.ts';

/** E-mail and password, then a code where the person has an app; in the demo, one click for each of its people. */
export function SignInPage() {
  const trpc = useTRPC();
  const { data: me } = useSuspenseQuery(trpc.account.me.queryOptions());
  const { data: demo } = useSuspenseQuery(trpc.account.demo.queryOptions());
  const { data: doors } = useSuspenseQuery(trpc.account.doors.queryOptions());
  const [next] = useQueryState('next', parseAsString);
  const [came] = useQueryState('problem', parseAsString);
  const [step, setStep] = useQueryState('step', parseAsStringLiteral(['code']));
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [pending, setPending] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const goOn = () => window.location.assign(safeNext(next));
  const enter = async (who: string, secret: string) => {
    setPending(who);
    setProblem(null);
    const answer = await signIn(who, secret);
    if (answer.kind === 'in') return goOn();
    setPending(null);
    if (answer.kind === 'code') {
      setPassword('');
      return void setStep('code');
    }
    setProblem(answer.sentence);
  };
  const startAgain = (why: string | null) => {
    setProblem(why);
    void setStep(null);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void enter(email, password);
  };
  if (step === 'code') {
    return (
      <>
        <PageTitle text="Second factor" />
        <h1 className="text-2xl font-semibold">Second factor</h1>
        <CodeStep onIn={goOn} onStartAgain={startAgain} />
      </>
    );
  }
  return (
    <>
      <PageTitle text="Sign in" />
      <h1 className="text-2xl font-semibold">Sign in</h1>
      {me ? (
        <Notice tone="accent" title={`You are signed in as ${me.name}.`}>
          Signing in below goes on as somebody else.{' '}
          <a href={safeNext(next)} className="underline">
            Go on as {me.name}
          </a>
          .
        </Notice>
      ) : null}
      {demo ? <DemoPeople demo={demo} pending={pending} onEnter={enter} /> : null}
      {doors.issuerName === null ? null : (
        <>
          <IssuerButton
            name={doors.issuerName}
            next={safeNext(next)}
            anew={me !== null}
            problem={came === null ? null : problemIn(came)}
          />
          <p className="flex items-center gap-3 text-sm text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
            or with a password of Reprise
          </p>
        </>
      )}
      <form onSubmit={submit} className="flex flex-col gap-4" aria-label="Sign in with a password">
        <TextField
          label="E-mail address"
          type="email"
          name="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={problem}
        />
        <Button
          type="submit"
          variant={doors.issuerName === null ? 'primary' : 'secondary'}
          pending={pending === email && pending !== ''}
        >
          Sign in
        </Button>
      </form>
      {doors.hasPasskeys ? <PasskeyButton onIn={goOn} /> : null}
      <p className="text-sm text-muted">
        No password yet, or lost? Whoever administers Reprise here sends you a link to set one.
      </p>
    </>
  );
}
