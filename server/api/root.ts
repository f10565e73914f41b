import { accountRouter } from './routers/account.ts';
import { approvalsRouter } from './routers/approvals.ts';
import { auditRouter } from './routers/audit.ts';
import { breakGlassRouter } from './routers/break-glass.ts';
import { budgetsRouter } from './routers/budgets.ts';
import { contractsRouter } from './routers/contracts.ts';
import { deadLettersRouter } from './routers/dead-letters.ts';
import { deliveriesRouter } from './routers/deliveries.ts';
import { evidenceRouter } from './routers/evidence.ts';
import { incidentsRouter } from './routers/incidents.ts';
import { lagRouter } from './routers/lag.ts';
import { liveRouter } from './routers/live.ts';
import { noticesRouter } from './routers/notices.ts';
import { overviewRouter } from './routers/overview.ts';
import { peopleRouter } from './routers/people.ts';
import { promotionsRouter } from './routers/promotions.ts';
import { replaysRouter } from './routers/replays.ts';
import { reviewsRouter } from './routers/reviews.ts';
import { runbooksRouter } from './routers/runbooks.ts';
import { runsRouter } from './routers/runs.ts';
import { sagasRouter } from './routers/sagas.ts';
import { statesRouter } from './routers/states.ts';
import { viewsRouter } from './routers/views.ts';
import { createCaller, router } from './trpc.ts';

export const appRouter = router({
  overview: overviewRouter,
  contracts: contractsRouter,
  replays: replaysRouter,
  promotions: promotionsRouter,
  states: statesRouter,
  budgets: budgetsRouter,
  deliveries: deliveriesRouter,
  sagas: sagasRouter,
  deadLetters: deadLettersRouter,
  evidence: evidenceRouter,
  incidents: incidentsRouter,
  runs: runsRouter,
  runbooks: runbooksRouter,
  reviews: reviewsRouter,
  views: viewsRouter,
  account: accountRouter,
  approvals: approvalsRouter,
  breakGlass: breakGlassRouter,
  people: peopleRouter,
  notices: noticesRouter,
  audit: auditRouter,
  lag: lagRouter,
  live: liveRouter,
});

export type AppRouter = typeof appRouter;
export const callerFor = createCaller(appRouter);
