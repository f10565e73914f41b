import { createServer } from 'node:net';

/** True when nothing listens on this loopback port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The wanted port, or the next free one above it. Throws when a hundred in a row are taken. */
export async function freePort(wanted: number, not: readonly number[] = []): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + 100, 65_536); port += 1) {
    if (!not.includes(port) && (await isPortFree(port))) return port;
  }
  throw new Error(`No free port from ${wanted} to ${wanted + 99} on 127.0.0.1.`);
}
