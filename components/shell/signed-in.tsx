'use client';

import { useQuery } from '@tanstack/react-query';
import { LogOut, UserRound } from 'lucide-react';
import Link from 'next/link';
import { useEffect } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { IconButton } from '../ui/button.tsx';
import { type Command, useCommands } from '../ui/commands.ts';
import { notifyFailure } from '../ui/notify.ts';
import { Tooltip } from '../ui/tooltip.tsx';

const commands: readonly Command[] = [
  { id: 'sign-out', label: 'Sign out', group: 'Do', keywords: ['log out'], run: () => void signOut() },
];

/** Who is signed in, the way to their account, and the way out. Where a session ends, the page goes to the door. */
export function SignedIn() {
  const trpc = useTRPC();
  const { data: me } = useQuery(trpc.account.me.queryOptions());
  useEffect(() => {
    if (me === null) toTheDoor();
  }, [me]);
  useCommands(commands);
  if (!me) return null;
  return (
    <span className="flex items-center gap-1">
      <Tooltip content={`${me.email} · ${me.roles.join(', ') || 'no role'}`}>
        <Link
          href="/account"
          className="inline-flex h-7 max-w-48 items-center gap-1.5 rounded-md px-2 text-xs font-medium text-muted transition-colors hover:bg-hover hover:text-ink"
        >
          <UserRound aria-hidden="true" className="size-3.5 shrink-0" />
          <span className="truncate">
            {me.name}
            <span className="max-sm:sr-only">, {me.roles.join(', ') || 'no role'}</span>
          </span>
        </Link>
      </Tooltip>
      <Tooltip content="Sign out">
        <IconButton
          label="Sign out"
          onClick={() => void signOut()}
          icon={<LogOut aria-hidden="true" className="size-3.5" />}
        />
      </Tooltip>
    </span>
  );
}

/** Whether somebody is signing out: then the page hears of an ended session too, and nobody wants to come back here. */
let leaving = false;

async function signOut(): Promise<void> {
  leaving = true;
  try {
    const response = await fetch('/api/auth/sign-out', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    if (!response.ok) throw new Error(`Reprise answered ${response.status}.`);
    window.location.assign('/sign-in');
  } catch (error) {
    leaving = false;
    await notifyFailure('You are still signed in', error instanceof Error ? error.message : String(error));
  }
}

function toTheDoor(): void {
  if (leaving) return;
  const { pathname, search } = window.location;
  window.location.assign(`/sign-in?next=${encodeURIComponent(pathname + search)}`);
}
