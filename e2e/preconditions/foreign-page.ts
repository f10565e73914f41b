import { once } from 'node:events';
import { createServer } from 'node:http';

export type ForeignSite = {
  /** The same page at the address that Reprise has (the same site to cookies), and at another name of this machine. */
  readonly origins: { readonly sameSite: string; readonly otherSite: string };
  close(): Promise<void>;
};

/** A server of somebody else on another port, which answers everything with one page. */
export async function startForeignSite(html: string): Promise<ForeignSite> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the foreign site has no port');
  const { hostname } = new URL(process.env.REPRISE_URL ?? '');
  const other = hostname === 'localhost' ? '127.0.0.1' : 'localhost';
  return {
    origins: {
      sameSite: `http://${hostname}:${address.port}`,
      otherSite: `http://${other}:${address.port}`,
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
