import { createHash } from 'node:crypto';
import type { CheckpointKeep } from '../../application/ports/evidence-log.ts';
import { openPost, type PostOptions, type WebhookSettings } from './pinned-post.ts';

/** Posts checkpoints as they are. What it has sent it can't read back. */
export function checkpointWebhook(settings: WebhookSettings, options: PostOptions = {}): CheckpointKeep {
  const post = openPost(settings, options);
  return {
    kind: 'webhook',
    name: `the webhook at ${new URL(settings.url).host}`,
    canTell: false,
    async put({ note }) {
      const id = createHash('sha256').update(note).digest('hex');
      const sent = await post({ id, body: note, contentType: 'text/plain' });
      if (sent.outcome !== 'sent') throw new Error(sent.problem);
    },
    latest: async () => [],
    each: async () => undefined,
  };
}
