import { isLoopback } from './loopback.ts';
import { webhookUrl } from './notice-settings.ts';

/** A service that publishes corrections of its own history. `token` is a secret: never log it. */
export type CorrectionsSettings = {
  readonly url: string;
  readonly token: string | null;
  /** Whether the address may be on this machine or in a private network. */
  readonly allowPrivate: boolean;
};

/** What env.ts reads about services that steps of runbooks ask, and how those settings go together. */
export type OutsideSettings = {
  /** Who runs consumers. null: nobody is asked. `token` is a secret: never log it. */
  readonly consumerControl:
    | {
        readonly kind: 'webhook';
        readonly url: string;
        readonly token: string | null;
        readonly allowPrivate: boolean;
      }
    | {
        readonly kind: 'kubernetes';
        readonly url: string;
        readonly namespace: string;
        readonly tokenFile: string;
        readonly caFile: string | null;
      }
    | null;
  /** Kafka Connect's REST interface; may hold a password: never log it. null: none. */
  readonly connectUrl: string | null;
  /** By the name that contracts give the service, in lower case with `_`. */
  readonly corrections: ReadonlyMap<string, CorrectionsSettings>;
};

type Given = {
  readonly url: string | null;
  readonly token: string | null;
  readonly allowPrivate: boolean | null;
  readonly kubernetes: {
    readonly url: string | null;
    readonly namespace: string | null;
    readonly tokenFile: string | null;
    readonly caFile: string | null;
  };
};

export function readConsumerControl(
  { url, token, allowPrivate, kubernetes }: Given,
  problems: string[],
): OutsideSettings['consumerControl'] {
  if (url !== null && kubernetes.url !== null)
    problems.push('CONSUMER_CONTROL_URL and KUBERNETES_API_URL are both set: one of them runs the consumers');
  if (url === null && (token !== null || allowPrivate !== null))
    problems.push('CONSUMER_CONTROL_TOKEN and CONSUMER_CONTROL_PRIVATE go with CONSUMER_CONTROL_URL');
  if (kubernetes.url !== null) {
    const { namespace, tokenFile, caFile } = kubernetes;
    const { protocol, hostname } = new URL(kubernetes.url);
    if (protocol === 'http:' && !isLoopback(hostname))
      problems.push(
        'KUBERNETES_API_URL must be https: over plain http its token would be read on the way; http is for this machine alone',
      );
    if (namespace !== null && tokenFile !== null)
      return { kind: 'kubernetes', url: kubernetes.url, namespace, tokenFile, caFile };
    problems.push('KUBERNETES_API_URL, KUBERNETES_NAMESPACE and KUBERNETES_TOKEN_FILE go together');
    return null;
  }
  if (url === null) return null;
  const isPrivate = allowPrivate ?? false;
  if (url.startsWith('http:') && !isPrivate)
    problems.push(
      'CONSUMER_CONTROL_URL must be https: plain http is for addresses that CONSUMER_CONTROL_PRIVATE=true allows',
    );
  return { kind: 'webhook', url, token, allowPrivate: isPrivate };
}

const CORRECTIONS = 'REPRISE_CORRECTIONS_';

/** Settings of a service that contracts name, as docs/settings.md has them. */
export const correctionsSetting = (service: string, what: 'URL' | 'TOKEN' | 'PRIVATE'): string =>
  `${CORRECTIONS}${service.toUpperCase().replaceAll('-', '_')}_${what}`;

export const correctionsKey = (service: string): string => service.toLowerCase().replaceAll('-', '_');

/** `secret` answers a setting, or what the file holds that it names; null: it is not set. */
export function readCorrections(
  names: readonly string[],
  secret: (name: string) => string | null,
  problems: string[],
): OutsideSettings['corrections'] {
  const found = new Map<string, CorrectionsSettings>();
  const services = new Set<string>();
  for (const name of names.filter((each) => each.startsWith(CORRECTIONS))) {
    const service = /^REPRISE_CORRECTIONS_([A-Z][A-Z0-9_]*)_(?:URL|TOKEN|PRIVATE)(?:_FILE)?$/.exec(name)?.[1];
    if (service === undefined)
      problems.push(`${name} is none of ${correctionsSetting('<NAME>', 'URL')}, …_TOKEN and …_PRIVATE`);
    else services.add(service);
  }
  for (const service of services) {
    const [url, token, isPrivate] = (['URL', 'TOKEN', 'PRIVATE'] as const).map((what) =>
      secret(correctionsSetting(service, what)),
    );
    const setting = correctionsSetting(service, 'URL');
    if (isPrivate !== null && isPrivate !== 'true' && isPrivate !== 'false')
      problems.push(`${correctionsSetting(service, 'PRIVATE')} must be true or false`);
    if (url === null || url === undefined) {
      if (token !== null || isPrivate !== null)
        problems.push(`${setting} is missing, and its _TOKEN or _PRIVATE is set`);
      continue;
    }
    const parsed = webhookUrl.safeParse(url);
    if (!parsed.success) {
      problems.push(`${setting} ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
      continue;
    }
    const allowPrivate = isPrivate === 'true';
    if (url.startsWith('http:') && !allowPrivate)
      problems.push(
        `${setting} must be https: plain http is for addresses that ${correctionsSetting(service, 'PRIVATE')}=true allows`,
      );
    found.set(correctionsKey(service), { url, token: token ?? null, allowPrivate });
  }
  return found;
}
