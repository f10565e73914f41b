import type { NoticeChannel } from '../../domain/notice/index.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { ChannelState, NoticeStore } from '../ports/notices.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

type Deps = {
  readonly unitOfWork: UnitOfWork;
  readonly notices: NoticeStore;
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
};

/** What people see of notices, and may change. */
export type NoticeDesk = {
  channels(): Promise<readonly ChannelState[]>;
  /** Queues a test; by e-mail to whoever asks for it. */
  sendTest(request: { readonly channel: NoticeChannel; readonly actor: string }): Promise<void>;
  byEmail(personId: string): Promise<boolean>;
  setByEmail(request: { readonly personId: string; readonly byEmail: boolean }): Promise<void>;
};

export function createNoticeDesk(deps: Deps): NoticeDesk {
  return {
    channels: () => deps.unitOfWork.run((tx) => deps.notices.channels(tx)),
    sendTest: ({ channel, actor }) =>
      deps.unitOfWork.run(async (tx) => {
        const delivery = await deps.notices.tellTest(tx, channel, actor);
        await deps.audit.append(tx, {
          actor,
          action: 'notice.test-asked',
          subject: `channel:${channel}`,
          outcome: 'done',
          detail: { delivery },
        });
        await deps.live.notify(tx, 'notices');
      }),
    byEmail: (personId) => deps.unitOfWork.run((tx) => deps.notices.byEmail(tx, personId)),
    setByEmail: ({ personId, byEmail }) =>
      deps.unitOfWork.run(async (tx) => {
        await deps.notices.setByEmail(tx, personId, byEmail);
        await deps.audit.append(tx, {
          actor: personId,
          action: 'person.notices-changed',
          subject: `person:${personId}`,
          outcome: 'done',
          detail: { byEmail },
        });
      }),
  };
}
