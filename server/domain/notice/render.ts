import type { NoticeMessage } from './compose.ts';

/** The body of an e-mail: plain text, so that nothing in it is markup. */
export function mailText({ lines, link }: NoticeMessage): string {
  const footer =
    'Reprise tells you this because it concerns you. E-mail is turned off under “Your account” there.';
  return `${lines.join('\n\n')}\n\n${link}\n\n-- \n${footer}\n`;
}

/** What a Slack-compatible webhook takes. What people wrote is neither a mention nor a link there. */
export function webhookBody({ subject, lines, link }: NoticeMessage) {
  const [headline = '', ...rest] = lines.map(escapeForSlack);
  const sections = [`*${headline}*`, ...rest].map((text) => ({
    type: 'section',
    // Verbatim: an address that somebody wrote is not made into a link.
    text: { type: 'mrkdwn', text, verbatim: true },
  }));
  return {
    text: escapeForSlack(subject),
    blocks: [
      ...sections,
      {
        type: 'actions',
        elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open in Reprise' }, url: link }],
      },
    ],
  } as const;
}

/** Slack's own three: without them there is no `<!channel>` and no `<https://…|label>`. */
function escapeForSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
