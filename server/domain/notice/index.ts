export {
  composeNotice,
  type EndFacts,
  type IncidentFacts,
  type NoticeFacts,
  type NoticeMessage,
  oneLine,
} from './compose.ts';
export {
  type DeliveryState,
  deliveryStates,
  type NoticeChannel,
  type NoticeKind,
  type NoticeSubject,
  noticeChannels,
  noticeKinds,
  noticeSubjects,
  pauseBeforeNextTry,
} from './kinds.ts';
export { mailText, webhookBody } from './render.ts';
