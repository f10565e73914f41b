import type { NoticeSender } from '../../application/ports/notices.ts';
import { webhookBody } from '../../domain/notice/index.ts';
import { openPost, type PostOptions, type WebhookSettings } from './pinned-post.ts';

/** Posts notices in Slack's form. */
export function openWebhook(settings: WebhookSettings, options: PostOptions = {}): NoticeSender {
  const post = openPost(settings, options);
  return {
    target: new URL(settings.url).host,
    send: ({ id, message }) =>
      post({ id, body: JSON.stringify(webhookBody(message)), contentType: 'application/json' }),
  };
}
