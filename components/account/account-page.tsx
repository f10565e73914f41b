'use client';

import { ButtonLink } from '@/components/ui/button.tsx';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { listOf } from '@/components/ui/words.ts';
import { Roles } from '@/components/vocabulary/roles.tsx';
import { useViewer } from '@/components/vocabulary/viewer.ts';
import { ChangePassword } from './change-password.tsx';
import { Notices } from './notices.tsx';
import { Passkeys } from './passkeys.tsx';
import { SecondFactor } from './second-factor.tsx';
import { Sessions } from './sessions.tsx';
import { Tokens } from './tokens.tsx';

/** What somebody sees and governs of themselves. */
export function AccountPage() {
  const viewer = useViewer();
  if (viewer === null) return null;
  const governs = viewer.rights.includes('account');
  return (
    <>
      <PageHeader
        title="Your account"
        tone={viewer.roles.length === 0 ? 'different' : 'accent'}
        verdict={
          viewer.roles.length === 0
            ? `You are signed in as ${viewer.name}, without a role.`
            : `You are signed in as ${viewer.name}, ${listOf(viewer.roles)}.`
        }
        next={
          viewer.roles.length === 0
            ? viewer.method === 'issuer'
              ? 'Nothing is open to you: your company’s sign-in gives you no role here. Ask whoever looks after its groups for one, then sign in again.'
              : 'Nothing is open to you until somebody who administers Reprise here gives you one.'
            : viewer.method === 'issuer'
              ? 'A session or a token that you do not know is not yours: end it, and tell whoever administers Reprise here.'
              : 'A session, a passkey or a token that you do not know is not yours: end it, and change your password.'
        }
        tabTitle={`${viewer.name} · Your account`}
        actions={governs ? <ButtonLink href="/account/permissions">Your permissions</ButtonLink> : null}
      />
      <Section title="Who you are">
        <KeyValueList
          items={[
            { label: 'Name', value: viewer.name },
            {
              label: 'E-mail',
              value: viewer.email,
              hint: viewer.method === 'issuer' ? undefined : 'You sign in with it.',
            },
            { label: 'Roles', value: <Roles roles={viewer.roles} /> },
            {
              label: 'Signed in',
              value: viewer.provenAt === null ? 'not known' : <RelativeTime at={viewer.provenAt} />,
            },
          ]}
        />
      </Section>
      {governs ? (
        <>
          <Notices email={viewer.email} />
          <Sessions />
          <SecondFactor />
          {viewer.method === 'issuer' ? null : <Passkeys />}
          {viewer.method === 'issuer' ? null : <ChangePassword email={viewer.email} />}
          <Tokens rights={viewer.rights} byIssuer={viewer.method === 'issuer'} />
        </>
      ) : null}
    </>
  );
}
