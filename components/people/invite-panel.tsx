'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { SidePanel } from '@/components/ui/side-panel.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import type { Role } from '@/server/domain/access/index.ts';
import { type Invitation, InvitationLink } from './invitation-link.tsx';
import { RolePicker } from './role-picker.tsx';

/** Makes a person, and the link with which they come in. */
export function InvitePanel({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [roles, setRoles] = useState<readonly Role[]>(['viewer']);
  const [made, setMade] = useState<Invitation | null>(null);
  const invite = useMutation(
    trpc.people.invite.mutationOptions({
      onSuccess: ({ token, hours }) => {
        setMade({ name: name.trim(), token, hours });
        return queries.invalidateQueries({ queryKey: trpc.people.pathKey() });
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate({ name, email: email.trim(), roles: [...roles] });
  };
  return (
    <SidePanel label="Invite somebody" head="Invite somebody" onClose={onClose} takesFocus>
      {made === null ? (
        <form onSubmit={submit} aria-label="Invite somebody" className="flex flex-col gap-4">
          <TextField
            label="Name"
            value={name}
            required
            maxLength={100}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
            hint="As it stands in replays, evidence and the audit."
          />
          <TextField
            label="E-mail address"
            type="email"
            value={email}
            required
            maxLength={200}
            autoComplete="off"
            onChange={(event) => setEmail(event.target.value)}
            hint="They sign in with it. Nothing is sent to it: you pass the link on."
          />
          <RolePicker roles={roles} onChange={setRoles} />
          <Refused error={invite.error} />
          <div>
            <Button type="submit" variant="primary" pending={invite.isPending}>
              Make the invitation
            </Button>
          </div>
        </form>
      ) : (
        <InvitationLink invitation={made} onDone={onClose} />
      )}
    </SidePanel>
  );
}
