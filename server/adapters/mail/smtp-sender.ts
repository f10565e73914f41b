import { createTransport, type NodemailerError } from 'nodemailer';
import type { NoticeSender, Sent } from '../../application/ports/notices.ts';
import { mailText, oneLine } from '../../domain/notice/index.ts';

export type MailSettings = {
  /** `smtp://` or `smtps://`, with the name and password of the account where it needs one. Never log it. */
  readonly url: string;
  /** `reprise@example.org`, or `Reprise <reprise@example.org>`. */
  readonly from: string;
};

const CONNECT_MS = 10_000;
const SILENT_MS = 15_000;
/** All in all; a server may be slow without ever being silent. */
const WHOLE_MS = 60_000;

/**
 * Sends over SMTP. The Message-ID is made from the delivery's id, so that a mail that is sent twice is the same mail.
 * A password goes over TLS or not at all, but for a server on this machine.
 */
export function openMail({ url, from }: MailSettings, wholeMs = WHOLE_MS): NoticeSender {
  const server = new URL(url);
  const secure = server.protocol === 'smtps:';
  const host = server.hostname.replace(/^\[|\]$/g, '');
  const port = Number(server.port) || (secure ? 465 : 587);
  const hasAccount = server.username !== '';
  const isHere = host === 'localhost' || host === '::1' || host.startsWith('127.');
  const transport = createTransport({
    host,
    port,
    secure,
    requireTLS: !secure && hasAccount && !isHere,
    ...(hasAccount
      ? { auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) } }
      : {}),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^@>\s]+)>?$/.exec(from)?.[1] ?? 'reprise.invalid';
  const target = `${server.host}, as ${from}`;

  return {
    target,
    async send({ id, to, message }) {
      if (to === null) return { outcome: 'failed', problem: 'there is no address', lasting: true };
      // What is told as not delivered is not delivered later after all: the connection is closed with it.
      const signal = AbortSignal.timeout(wholeMs);
      return transport
        .sendMail({
          signal,
          from,
          // As an object: what stands in an address is never read as a list of them.
          to: { name: '', address: to },
          subject: oneLine(message.subject, 200),
          text: mailText(message),
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
        .then((): Sent => ({ outcome: 'sent' }))
        .catch((error: NodemailerError) =>
          signal.aborted
            ? { outcome: 'failed', problem: `${server.host} did not take it in time`, lasting: false }
            : failed(server.host, error),
        );
    },
  };
}

function failed(host: string, { code, responseCode, response, message }: NodemailerError): Sent {
  const said = responseCode === undefined ? message : (response ?? String(responseCode));
  const refused = responseCode !== undefined && responseCode >= 500;
  return {
    outcome: 'failed',
    problem: oneLine(`${host}: ${said}${code === undefined ? '' : ` (${code})`}`, 240),
    lasting: refused || code === 'EAUTH',
  };
}
