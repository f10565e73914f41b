/** A file that people attached, to be saved: whatever its bytes are, no browser takes them for a page of Reprise. */
export function savedFile(file: {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
}): Response {
  return new Response(new Uint8Array(file.content), {
    headers: {
      'content-type': file.mediaType,
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`)}`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
}
