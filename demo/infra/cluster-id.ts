/**
 * A cluster id: 16 random bytes in URL-safe base64. As with Kafka's own (org.apache.kafka.common.Uuid.randomUuid) none
 * begins with a dash, which its tools would take for a flag. `bytes` gives the random bytes.
 */
export function clusterIdFrom(bytes: () => Uint8Array): string {
  for (;;) {
    const id = Buffer.from(bytes()).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
