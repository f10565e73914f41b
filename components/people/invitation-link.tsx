import { counted } from '@/components/ui/format-number.ts';
import { SecretOnce } from '@/components/ui/secret-once.tsx';

export type Invitation = { readonly name: string; readonly token: string; readonly hours: number };

/** The link with which somebody sets their password. Its secret stands after the `#`, which no server is sent. */
export function InvitationLink({ invitation, onDone }: { invitation: Invitation; onDone: () => void }) {
  const { name, token, hours } = invitation;
  return (
    <SecretOnce
      title={`The link for ${name}`}
      label="Invitation link"
      secret={`${window.location.origin}/welcome#${token}`}
      onDone={onDone}
    >
      Send it to {name} alone, by a way you trust: whoever opens it sets the password. It is shown this once,
      opens for {counted(hours, 'hour')}, and works one time.
    </SecretOnce>
  );
}
