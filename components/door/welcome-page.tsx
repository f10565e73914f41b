'use client';

import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { PageTitle } from '@/components/ui/page-title.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { ErrorState, Notice } from '@/components/ui/states.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { signIn } from './sign-in.ts';

/**
 * What a link of an invitation opens. The secret stands after the `#`, so that it is sent to no server on the way
 * and stands in no log; it is taken out of the address at once.
 */
export function WelcomePage() {
  const trpc = useTRPC();
  const [token, setToken] = useState<string | null>(null);
  const { mutate: read, ...invitation } = useMutation(trpc.account.invitation.mutationOptions());
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    const secret = window.location.hash.slice(1);
    setToken(secret);
    window.history.replaceState(null, '', window.location.pathname);
    read({ token: secret.length < 20 ? 'x'.repeat(20) : secret.slice(0, 200) });
  }, [read]);
  return (
    <>
      <PageTitle text="Welcome" />
      <h1 className="text-2xl font-semibold">Welcome</h1>
      {invitation.error ? (
        <ErrorState
          title="This link opens nothing."
          whatToDo="It was used, is over, or was replaced by a newer one. Ask whoever administers Reprise here for a new one."
          detail={invitation.error.message}
        />
      ) : invitation.data && token !== null ? (
        <Accept token={token} invitation={invitation.data} />
      ) : (
        <SkeletonRows rows={3} />
      )}
    </>
  );
}

const doorAfter = { in: '/', code: '/sign-in?step=code', start: '/sign-in', refused: '/sign-in' } as const;

type Invitation =
  | { readonly kind: 'first-administrator' }
  | {
      readonly kind: 'person';
      readonly name: string;
      readonly email: string;
      readonly passkeys: readonly { readonly name: string; readonly createdAt: string }[];
    };

function Accept({ token, invitation }: { token: string; invitation: Invitation }) {
  const trpc = useTRPC();
  const isFirst = invitation.kind === 'first-administrator';
  const passkeys = invitation.kind === 'person' ? invitation.passkeys : [];
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const accept = useMutation(
    trpc.account.accept.mutationOptions({
      onSuccess: async ({ email: who }) => {
        const answer = await signIn(who, password);
        // Passkeys are looked at first: whoever knows of one that is not theirs removes it there.
        window.location.assign(
          answer.kind === 'in' && passkeys.length > 0 ? '/account' : doorAfter[answer.kind],
        );
      },
      onError: (error) => setProblem(error.message),
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    accept.mutate({ token, password, ...(isFirst ? { name, email } : {}) });
  };
  return (
    <>
      <p className="text-muted">
        {isFirst
          ? 'Nobody administers this installation yet. You become the one who invites people and gives out roles.'
          : `Set a password, ${invitation.name}. You sign in with ${invitation.email}.`}
      </p>
      {passkeys.length === 0 ? null : (
        <Notice
          tone="different"
          title={`${counted(passkeys.length, 'passkey')} will go on opening your account.`}
        >
          <ul className="list-disc pl-5">
            {passkeys.map(({ name: called, createdAt }) => (
              <li key={`${called} ${createdAt}`} className="wrap-anywhere">
                {called}, made <RelativeTime at={createdAt} absolute />
              </li>
            ))}
          </ul>
          <p>A new password does not end them. One that you do not know you remove on “Your account”.</p>
        </Notice>
      )}
      <form onSubmit={submit} className="flex flex-col gap-4" aria-label="Set a password">
        {isFirst ? (
          <>
            <TextField
              label="Your name"
              name="name"
              autoComplete="name"
              required
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <TextField
              label="E-mail address"
              type="email"
              name="email"
              autoComplete="username"
              required
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          </>
        ) : (
          <input type="hidden" name="email" autoComplete="username" value={invitation.email} readOnly />
        )}
        <TextField
          label="Password"
          type="password"
          name="password"
          autoComplete="new-password"
          required
          hint="At least 12 letters. A sentence is good; your name is not."
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          error={problem}
        />
        <Button type="submit" variant="primary" pending={accept.isPending || accept.isSuccess}>
          {isFirst ? 'Become the administrator' : 'Set it and sign in'}
        </Button>
      </form>
    </>
  );
}
