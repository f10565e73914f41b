'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { notify } from '@/components/ui/notify.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { SidePanel } from '@/components/ui/side-panel.tsx';
import { Notice } from '@/components/ui/states.tsx';
import { Roles } from '@/components/vocabulary/roles.tsx';
import { RefusedOrSignInAgain } from '@/components/vocabulary/sign-in-again.tsx';
import { useViewer } from '@/components/vocabulary/viewer.ts';
import type { Person } from '@/server/application/ports/people.ts';
import type { Role } from '@/server/domain/access/index.ts';
import { type Invitation, InvitationLink } from './invitation-link.tsx';
import { StateVerdict } from './person-columns.tsx';
import { PersonSessions } from './person-sessions.tsx';
import { RolePicker } from './role-picker.tsx';

export type PersonPanelProps = {
  /** null: the address names nobody. */
  person: Person | null;
  onClose: () => void;
};

/** One person beside the list: what they may do, and the ways to let them in or keep them out. */
export function PersonPanel({ person, onClose }: PersonPanelProps) {
  return (
    <SidePanel
      label={person === null ? 'Nobody' : person.name}
      head={person?.name ?? 'Nobody'}
      onClose={onClose}
      takesFocus
    >
      {person === null ? (
        <Notice tone="unknown" title="There is nobody with this id.">
          It may be mistyped, or belong to another installation.
        </Notice>
      ) : (
        <Facts person={person} />
      )}
    </SidePanel>
  );
}

function Facts({ person }: { person: Person }) {
  const isSelf = useViewer()?.id === person.id;
  return (
    <>
      {isSelf ? (
        <Notice tone="accent" title="This is you: what you change here counts for you at once." />
      ) : null}
      <KeyValueList
        items={[
          { label: 'E-mail', value: person.email },
          { label: 'State', value: <StateVerdict person={person} /> },
          ...(person.issuer === null ? [] : [{ label: 'Roles', value: <Roles roles={person.roles} /> }]),
          { label: 'Comes in by', value: comesInBy(person) },
          { label: 'Second factor', value: secondFactorWords(person) },
          {
            label: 'Signed in',
            value: person.signedInAt === null ? 'never' : <RelativeTime at={person.signedInAt} />,
          },
          { label: 'Made', value: <RelativeTime at={person.createdAt} /> },
          {
            label: 'What they did',
            value: (
              <TextLink href={`/audit?actor=${encodeURIComponent(person.id)}`}>
                their entries in the audit
              </TextLink>
            ),
          },
        ]}
      />
      {/* With other roles it is another form: what was half chosen before does not stay. */}
      {person.issuer === null ? (
        <ChangeRoles key={person.roles.join()} person={person} />
      ) : (
        <p className="text-sm text-muted">
          Roles come from {person.issuer}, anew with each sign-in, and are changed there.
        </p>
      )}
      <Door person={person} />
      <PersonSessions person={person} />
    </>
  );
}

function ChangeRoles({ person }: { person: Person }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [roles, setRoles] = useState<readonly Role[]>(person.roles);
  const change = useMutation(
    trpc.people.changeRoles.mutationOptions({
      onSuccess: async () => {
        void notify(`The roles of ${person.name} are changed`);
        // One's own rights decide what the frame of the page offers.
        await queries.invalidateQueries({ queryKey: trpc.account.pathKey() });
        await queries.invalidateQueries({ queryKey: trpc.people.pathKey() });
      },
    }),
  );
  const same = roles.length === person.roles.length && roles.every((role) => person.roles.includes(role));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!same) change.mutate({ personId: person.id, roles: [...roles] });
  };
  return (
    <form onSubmit={submit} aria-label={`Roles of ${person.name}`} className="flex flex-col gap-3">
      <RolePicker roles={roles} onChange={setRoles} />
      <RefusedOrSignInAgain error={change.error} back={`/people?person=${person.id}`} />
      <Button
        type="submit"
        pending={change.isPending}
        disabledReason={same ? 'Nothing is changed yet.' : null}
      >
        Change roles
      </Button>
    </form>
  );
}

/** A new link, or no way in at all. */
function Door({ person }: { person: Person }) {
  const isSelf = useViewer()?.id === person.id;
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [link, setLink] = useState<Invitation | null>(null);
  const readAgain = () => queries.invalidateQueries({ queryKey: trpc.people.pathKey() });
  const again = useMutation(
    trpc.people.inviteAgain.mutationOptions({
      onSuccess: ({ token, hours }) => setLink({ name: person.name, token, hours }),
      onSettled: readAgain,
    }),
  );
  const disable = useMutation(
    trpc.people.setDisabled.mutationOptions({
      onSuccess: () => {
        setLink(null);
        void notify(
          person.disabled ? `${person.name} may sign in` : `${person.name} may not sign in any more`,
        );
      },
      onSettled: readAgain,
    }),
  );
  const take = useMutation(
    trpc.people.takeAuthenticatorAway.mutationOptions({
      onSuccess: () =>
        notify(`${person.name} signs in with the password alone`, 'Their sessions have ended.'),
      onSettled: readAgain,
    }),
  );
  return (
    <section aria-label="The way in" className="flex flex-col gap-3 border-t border-line pt-4">
      <h2 className="text-sm font-medium">The way in</h2>
      {link === null ? null : <InvitationLink invitation={link} onDone={() => setLink(null)} />}
      <p className="text-sm text-muted">{doorWords(person)}</p>
      <RefusedOrSignInAgain
        error={again.error ?? disable.error ?? take.error}
        back={`/people?person=${person.id}`}
      />
      <div className="flex flex-wrap gap-2">
        {person.disabled || person.issuer !== null ? null : (
          <Button pending={again.isPending} onClick={() => again.mutate({ personId: person.id })}>
            {person.hasPassword ? 'New link for a password' : 'Invite again'}
          </Button>
        )}
        {(person.hasSecondFactor || person.passkeys > 0) && !isSelf ? (
          <Button pending={take.isPending} onClick={() => take.mutate({ personId: person.id })}>
            {person.hasSecondFactor ? 'Take the second factor away' : 'Take passkeys away'}
          </Button>
        ) : null}
        <Button
          variant={person.disabled ? 'secondary' : 'danger'}
          pending={disable.isPending}
          onClick={() => disable.mutate({ personId: person.id, disabled: !person.disabled })}
        >
          {person.disabled ? 'Enable' : 'Disable'}
        </Button>
      </div>
    </section>
  );
}

function secondFactorWords({ hasSecondFactor, passkeys }: Person): string {
  const app = hasSecondFactor ? 'an app' : 'none';
  return passkeys === 0 ? app : `${app}; ${counted(passkeys, 'passkey')}`;
}

function comesInBy({ issuer, hasPassword }: Person): string {
  if (issuer !== null) return issuer;
  return hasPassword ? 'a password' : 'nothing yet';
}

function doorWords({ name, disabled, hasPassword, issuer, sessions }: Person): string {
  if (issuer !== null)
    return disabled
      ? `${name} may not sign in. Enabled again they do so through ${issuer}; tokens stay revoked.`
      : `${name} signs in through ${issuer}, which gives the roles too. Disabling ends ${counted(sessions, 'session')} and revokes every token at once.`;
  if (disabled) {
    return hasPassword
      ? `${name} may not sign in. Enabled again they do so with their password; tokens stay revoked.`
      : `${name} may not sign in, and has never set a password: enabled again they need a new link.`;
  }
  return `A new link lets ${name} set a password, also a lost one, and earlier links then open nothing. Disabling ends ${counted(sessions, 'session')} and revokes every token at once.`;
}
