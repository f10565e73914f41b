'use client';

/** Says in passing that something was done. The toaster is loaded with the first notice, not with the page. */
export async function notify(text: string, description?: string): Promise<void> {
  const { toast } = await import('sonner');
  toast(text, description ? { description } : undefined);
}

/** Says in passing that something failed; what to do about it stands on the page as well. */
export async function notifyFailure(text: string, description?: string): Promise<void> {
  const { toast } = await import('sonner');
  toast.error(text, description ? { description } : undefined);
}
