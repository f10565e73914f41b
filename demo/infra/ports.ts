import { createServer } from 'node:net';

/**
 * True when a server could listen on this port now. Throws where it could listen on no port of this host: the name is
 * unknown, or the address another machine's.
 */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(new Error(`Nothing can listen on ${host}: ${error.message}`, { cause: error }));
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The wanted port, or the next free one above it. Throws when a hundred in a row are taken. */
export async function freePort(
  wanted: number,
  not: readonly number[] = [],
  host = '127.0.0.1',
): Promise<number> {
  for (let port = wanted; port < Math.min(wanted + 100, 65_536); port += 1) {
    if (!not.includes(port) && (await isPortFree(port, host))) return port;
  }
  throw new Error(`No free port from ${wanted} to ${wanted + 99} on ${host}.`);
}

/** A port that was free when it was chosen was another program's when the server came to bind it. */
export class PortTakenError extends Error {}

/** Whether a server's log says that it could not have its port: in the words of Java, Jetty, PostgreSQL and Node. */
export function saysPortTaken(lines: readonly string[]): boolean {
  return lines.some((line) => /BindException|Failed to bind to|Address already in use|EADDRINUSE/.test(line));
}

/** How often a server is started on ports that were free a moment ago. */
const attempts = 5;

/**
 * Starts a server, and starts it again on other ports where it lost the one that was chosen for it: two starts at
 * once find the same port free. `shift` is what to add to the wanted port, other for each so that losers don't meet
 * again.
 */
export async function startOnFreePorts<T>(
  what: string,
  log: (line: string) => void,
  start: (shift: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(attempt === 1 ? 0 : 1 + Math.floor(Math.random() * 50));
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempt === attempts) throw error;
      log(`another program took the port of ${what} meanwhile; others are tried`);
    }
  }
}
