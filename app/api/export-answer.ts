import type { ExportFormat } from '@/server/api/export-pages.ts';

const mediaTypes = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' } as const;

/** A file whose text is made while it is read. One that can't be made to its end breaks off, and is no whole answer. */
export function fileOf(
  name: string,
  format: ExportFormat,
  text: AsyncGenerator<string>,
  onFailure: (error: unknown) => void,
): Response {
  return new Response(streamOf(text, onFailure), {
    headers: {
      'content-type': mediaTypes[format],
      'content-disposition': `attachment; filename="${name}.${format}"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
}

/** One page ahead of the reader at most: a slow one holds nothing but the page that it reads. */
export function streamOf(text: AsyncGenerator<string>, onFailure: (error: unknown) => void) {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await text.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (error) {
        onFailure(error);
        controller.error(error);
      }
    },
    // Whoever reads has gone: no further page is asked for.
    cancel: () => void text.return(undefined),
  });
}

export function answer(status: number, error: string): Response {
  return Response.json({ error }, { status, headers: { 'cache-control': 'no-store' } });
}
