'use client';

import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { CodeBlock } from '@/components/ui/code-block.tsx';
import { CodeForm } from './code-form.tsx';

export type SetUpAuthenticatorProps = {
  made: {
    readonly secret: string;
    readonly picture: { readonly side: number; readonly path: string };
  };
  onConfirmed: (recoveryCodes: readonly string[]) => Promise<void>;
  onCancel: () => void;
};

/** What an app reads, as a picture and as text, and the first code that shows that it has. */
export function SetUpAuthenticator({ made, onConfirmed, onCancel }: SetUpAuthenticatorProps) {
  const trpc = useTRPC();
  const confirm = useMutation(
    trpc.account.confirmAuthenticator.mutationOptions({
      onSuccess: ({ recoveryCodes }) => onConfirmed(recoveryCodes),
    }),
  );
  const { side, path } = made.picture;
  return (
    <div className="grid items-start gap-6 rounded-lg border border-line bg-surface p-4 sm:grid-cols-[12rem_1fr]">
      <svg
        role="img"
        aria-label="QR code for the app; the same stands beside it as text"
        viewBox={`0 0 ${side} ${side}`}
        shapeRendering="crispEdges"
        className="w-48 max-w-full rounded-md"
      >
        {/* Dark on light in both themes: not every app reads it the other way round. */}
        <rect width={side} height={side} fill="#ffffff" />
        <path d={path} fill="#000000" />
      </svg>
      <div className="flex min-w-0 flex-col gap-4">
        <p className="max-w-prose text-sm text-muted">
          Scan it with an authenticator app, or type the secret there. Then give the code that the app shows:
          only with it the second factor is on.
        </p>
        <CodeBlock label="Secret" text={made.secret.match(/.{1,4}/g)?.join(' ') ?? made.secret} />
        <CodeForm
          name="Confirm the app"
          hint="Six digits, new every half minute."
          submit="Turn it on"
          pending={confirm.isPending}
          error={confirm.error}
          onSubmit={(code) => confirm.mutate({ code })}
          onCancel={onCancel}
        />
      </div>
    </div>
  );
}
