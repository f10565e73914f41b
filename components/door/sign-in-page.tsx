'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { PageTitle } from '@/components/ui/page-title.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { safeNext } from './safe-next.ts';
import { signIn } from './sign-in.ts';

/** E-mail and password; in the demo, one click for each of its people. */
export function SignInPage() {
  const trpc = useTRPC();
  const { data: me } = useSuspenseQuery(trpc.account.me.queryOptions());
  const { data: demo } = useSuspenseQuery(trpc.account.demo.queryOptions());
  const [next] = useQueryState('next', parseAsString);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [pending, setPending] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const enter = async (who: string, secret: string) => {
    setPending(who);
    setProblem(null);
    const refused = await signIn(who, secret);
    if (refused === null) return window.location.assign(safeNext(next));
    setPending(null);
    setProblem(refused);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void enter(email, password);
  };
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
        <Button type="submit" variant="primary" pending={pending === email && pending !== ''}>
          Sign in
        </Button>
      </form>
      <p className="text-sm text-muted">
        No password yet, or lost? Whoever administers Reprise here sends you a link to set one.
      </p>
    </>
  );
}

type Demo = {
  readonly people: readonly { readonly role: string; readonly name: string; readonly email: string }[];
  readonly password: string;
};

const does: Readonly<Record<string, string>> = {
  operator: 'requests and runs replays',
  approver: 'decides what may run',
  auditor: 'reads records and the audit',
  viewer: 'looks, and changes nothing',
  admin: 'gives out roles',
};

function DemoPeople({
  demo,
  pending,
  onEnter,
}: {
  demo: Demo;
  pending: string | null;
  onEnter: (email: string, password: string) => Promise<void>;
}) {
  return (
    <section
      aria-labelledby="demo"
      className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <div>
        <h2 id="demo" className="font-semibold">
          This is the demo
        </h2>
        <p className="text-sm text-muted">
          Its people have a password that everybody knows, and are let in on this machine only. Enter as:
        </p>
      </div>
      <ul className="flex flex-col gap-2">
        {demo.people.map(({ role, name, email }) => (
          <li key={email} className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Button
              pending={pending === email}
              onClick={() => void onEnter(email, demo.password)}
              className="w-36 justify-start"
            >
              {name}, {role}
            </Button>
            <span className="text-sm text-muted">{does[role]}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
