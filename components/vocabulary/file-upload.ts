/** What one file may have that people attach. */
const MOST_BYTES = 2 * 1024 * 1024;

/** Why a file can't be attached, before it is sent; null: it can. */
export function whyNotAttach(file: File | undefined): string | null {
  if (file === undefined) return 'Choose a file first.';
  return file.size > MOST_BYTES ? 'A file may have 2 MiB at most: attach a link to a larger one.' : null;
}

export async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  // In pieces: a call takes no more arguments than fit on a stack.
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
