import { ToneIcon } from './verdict.tsx';

/** Why what was just asked for was not done; nothing while there is no failure. It is announced. */
export function Refused({ error }: { error: { readonly message: string } | null }) {
  if (error === null) return null;
  return (
    <p role="alert" className="flex items-start gap-2 text-sm font-medium text-failed">
      <ToneIcon tone="failed" className="mt-0.5" />
      <span className="wrap-anywhere">{refusalWords(error.message)}</span>
    </p>
  );
}

/** A failed check of the input is a list for programs, and no sentence for a person. */
export function refusalWords(message: string): string {
  return message.startsWith('[') ? 'Something here is not what it should be: look at each field.' : message;
}
