/** What env.ts reads about notices: how each setting is written, and how they go together. */
import { z } from 'zod';

export type NoticeSettings = {
  /** null: nobody is told by e-mail. `url` may hold a password: never log it. */
  readonly mail: { readonly url: string; readonly from: string } | null;
  /** null: no webhook. The path of `url` is a secret with most receivers: never log it. */
  readonly webhook: {
    readonly url: string;
    readonly hosts: readonly string[];
    readonly allowPrivate: boolean;
  } | null;
};

export const smtpUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === 'smtp:' || url.protocol === 'smtps:') &&
    url.hostname !== '' &&
    /^\/?$/.test(url.pathname) &&
    url.search === ''
  );
}, 'must be an address such as smtps://user:password@mail.example:465, without a path');

const address = String.raw`[^\s<>@,;:"]+@[^\s<>@,;:"]+`;
export const mailFrom = z
  .string()
  .regex(
    new RegExp(`^(?:${address}|[^\\p{Cc}<>@,;:"]+ <${address}>)$`, 'u'),
    'must be an address such as reprise@example.org or Reprise <reprise@example.org>',
  );

export const webhookUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === ''
  );
}, 'must be an address such as https://hooks.example/services/…, without a user');

export const hostList = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim().toLowerCase()))
  .refine(
    (hosts) => hosts.every((host) => /^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)$/.test(host)),
    'must be a list of host names such as hooks.example,chat.example',
  );

/** As OpenTelemetry writes them: `name=value,name=value`, percent-encoded. */
export const headerList = z.string().transform((text, context) => {
  const pairs = text.split(',').map((part) => /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(.*?)\s*$/.exec(part));
  const headers: Record<string, string> = {};
  for (const pair of pairs) {
    const value = pair === null ? null : decoded(pair[2] ?? '');
    if (pair === null || value === null || /[\r\n]/.test(value)) {
      context.addIssue({
        code: 'custom',
        message: 'must be headers such as authorization=Bearer%20…,x-tenant=shop',
      });
      return z.NEVER;
    }
    headers[pair[1] ?? ''] = value;
  }
  return headers;
});

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

type Given = {
  readonly smtpUrl: string | null;
  readonly from: string | null;
  readonly webhookUrl: string | null;
  readonly hosts: readonly string[] | null;
  readonly allowPrivate: boolean;
};

export function readNotices(given: Given, problems: string[]): NoticeSettings {
  if ((given.smtpUrl === null) !== (given.from === null))
    problems.push('REPRISE_SMTP_URL (or REPRISE_SMTP_URL_FILE) and REPRISE_MAIL_FROM go together');
  const mail =
    given.smtpUrl === null || given.from === null ? null : { url: given.smtpUrl, from: given.from };
  const { allowPrivate } = given;
  if (given.webhookUrl === null) return { mail, webhook: null };
  const webhook = { url: given.webhookUrl, hosts: given.hosts, allowPrivate };
  return { mail, webhook: readWebhook('REPRISE_WEBHOOK_URL', webhook, problems) };
}

/** Where something is posted to: over https, and to the hosts that are allowed, which are its own where none are named. */
export function readWebhook(
  setting: string,
  given: { readonly url: string; readonly hosts: readonly string[] | null; readonly allowPrivate: boolean },
  problems: string[],
): NonNullable<NoticeSettings['webhook']> {
  const { hostname, protocol } = new URL(given.url);
  const hosts = given.hosts ?? [hostname];
  if (!hosts.includes(hostname))
    problems.push(`REPRISE_WEBHOOK_HOSTS does not hold the host of ${setting}, ${hostname}`);
  if (protocol === 'http:' && !given.allowPrivate)
    problems.push(
      `${setting} must be https: plain http is for addresses that REPRISE_WEBHOOK_PRIVATE=true allows`,
    );
  return { url: given.url, hosts, allowPrivate: given.allowPrivate };
}
