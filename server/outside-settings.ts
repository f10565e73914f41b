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
