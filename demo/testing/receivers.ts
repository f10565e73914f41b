/** Receivers of notices on this machine, to be stopped and brought back at the same port. */
import http from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { SMTPServer } from 'smtp-server';

type Listening = { readonly server: Server; readonly close: () => Promise<void> };

export type Mail = {
  readonly to: readonly string[];
  /** Header lines, unfolded, by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** What a person reads. */
  readonly text: string;
};

/** A real SMTP server that takes every mail, until it is told otherwise. */
export async function smtpReceiver() {
  const mails: Mail[] = [];
  let refuse: { readonly code: number; readonly sentence: string } | null = null;
  const start = async (port: number): Promise<Listening> => {
    const smtp = new SMTPServer({
      authOptional: true,
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      logger: false,
      onRcptTo: (_address, _session, done) =>
        done(
          refuse === null ? null : Object.assign(new Error(refuse.sentence), { responseCode: refuse.code }),
        ),
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const raw = Buffer.concat(chunks).toString();
          mails.push({
            to: session.envelope.rcptTo.map(({ address }) => address),
            headers: headersOf(raw),
            text: textOf(raw),
          });
          done();
        });
      },
    });
    smtp.on('error', () => undefined);
    await new Promise<void>((listening) => smtp.listen(port, '127.0.0.1', () => listening()));
    return { server: smtp.server, close: () => new Promise((closed) => smtp.close(() => closed())) };
  };
  let listening = await start(0);
  const { port } = listening.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    refuseWith(next: typeof refuse) {
      refuse = next;
    },
    stop: () => listening.close(),
    comeBack: async () => {
      listening = await start(port);
    },
  };
}

export type Posted = { readonly key: string; readonly body: { readonly text: string } };

/** A real HTTP server that takes every post. `hang`: it reads it and never answers. */
export async function webhookReceiver() {
  const posts: Posted[] = [];
  let hang = false;
  const start = async (port: number): Promise<Listening> => {
    const server = http.createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      posts.push({
        key: String(request.headers['idempotency-key']),
        body: JSON.parse(Buffer.concat(chunks).toString()),
      });
      if (!hang) response.end('ok');
    });
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    const close = () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      });
    return { server, close };
  };
  let listening = await start(0);
  const { port } = listening.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    posts,
    hang(next: boolean) {
      hang = next;
    },
    stop: () => listening.close(),
    comeBack: async () => {
      listening = await start(port);
    },
  };
}

/** The body, with its quoted-printable undone (RFC 2045, section 6.7). */
function textOf(raw: string): string {
  const body = raw.slice(raw.indexOf('\r\n\r\n') + 4).replaceAll('=\r\n', '');
  const bytes = body.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

function headersOf(raw: string): ReadonlyMap<string, string> {
  const [head = ''] = raw.split('\r\n\r\n');
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
