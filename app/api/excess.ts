/** What one request may hold: a page asks for some ten things at once, and has few long inputs (a scope of 1,000 keys). */
const BODY_BYTES = 512 * 1024;
/** A promotion names its keys, up to 20,000 of some 200 bytes; a file of 2 MiB is a third longer as base64. */
const longer: ReadonlyMap<string, number> = new Map([
  ['promotions.request', 4 * 1024 * 1024],
  ['incidents.attachFile', 3 * 1024 * 1024],
  ['runs.attachFile', 3 * 1024 * 1024],
]);
export const CALLS = 32;

/** As the procedures read it: a comma that is escaped parts two of them too. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/**
 * Why a request to the procedures is too big to be looked at; null where it is not. A body whose length is not told
 * is refused: it would have to be read to be measured.
 */
export function excess(
  request: { readonly method: string; readonly url: string; readonly headers: Headers },
  most: number | null = null,
): string | null {
  const { pathname } = new URL(request.url);
  const names = decoded(pathname.split('/').at(-1) ?? '');
  if (names === null) return 'The address holds an escape that can’t be read.';
  const calls = names.split(',').length;
  if (calls > CALLS) return `This asks for ${calls} things at once; ${CALLS} are allowed.`;
  if (request.method !== 'POST') return null;
  const length = request.headers.get('content-length');
  if (length === null || !/^\d{1,15}$/.test(length)) return 'A request says how long it is (Content-Length).';
  const mostBytes = most ?? longer.get(names) ?? BODY_BYTES;
  if (Number(length) > mostBytes) return `This is ${length} bytes long; ${mostBytes} are allowed.`;
  return null;
}
