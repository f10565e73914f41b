import { setTimeout as wait } from 'node:timers/promises';
import { Command, CommanderError } from 'commander';
import type { Right } from '../server/domain/access/index.ts';
import { RepriseError } from '../server/domain/shared/errors.ts';
import { databaseFault } from './database-fault.ts';
import { checkContracts, listContracts, showContract } from './reprise/contracts.ts';
import { listEvidence, showEvidence } from './reprise/evidence.ts';
import { type ExitCode, exitCodes } from './reprise/outcome.ts';
import { endQuietlyWithReader, json, terminal } from './reprise/print.ts';
import { listPromotions, printMigration } from './reprise/promotions.ts';
import { listReplays, planReplay, runReplay, showReplay } from './reprise/replays.ts';
import { exportReview, listReviews, showReview } from './reprise/reviews.ts';
import { checkRunbooks, listRunbooks, showRunbook } from './reprise/runbooks.ts';
import { diffStates } from './reprise/states.ts';
import { exportEvidence, verifyEvidence } from './reprise/verify.ts';
import { makeWitnessKey, witnessLog } from './reprise/witness.ts';
import type { CommandContext, World } from './reprise/world.ts';

for (const stream of [process.stdout, process.stderr]) endQuietlyWithReader(stream);

// Read where a command runs: it needs the generated client, and help is to be had without.
const opening = () => import('./reprise/open.ts');
const context: CommandContext = {
  output: terminal,
  openWorld: async () => (await opening()).openWorld(),
  openLoader: async () => (await opening()).openLoader(),
  wait: (ms) => wait(ms),
};

/** Opens the world for one command that needs this right, and closes it, whichever way the command ends. */
async function withWorld(right: Right, run: (world: World) => Promise<ExitCode>): Promise<void> {
  const world = await context.openWorld();
  try {
    await demandRight(world, right);
    process.exitCode = await run(world);
  } finally {
    await world.close();
  }
}

async function demandRight({ actor, noteRefusal }: World, right: Right): Promise<void> {
  if (actor.rights.includes(right)) return;
  const sentence = `This needs the right "${right}", which this token does not give ${actor.name}.`;
  const action = `command ${process.argv.slice(2, 4).join(' ')}`;
  await noteRefusal({ actor: actor.id, action, subject: 'command line', detail: { sentence } });
  throw new RepriseError('forbidden', sentence);
}

const program = new Command('reprise')
  .description('Recovery contracts, replays, states and evidence from the command line.')
  .exitOverride()
  .showHelpAfterError('(reprise --help lists the commands)')
  .addHelpText(
    'after',
    '\nExit code 0: done, trusted and in agreement; 2: done, but not trusted or not in agreement; 1: could not be done.',
  );

const contracts = program.command('contracts').description('recovery contracts');
contracts
  .command('list')
  .option('--json', 'print JSON')
  .action((flags) => withWorld('read', (world) => listContracts(context, world, flags)));
contracts
  .command('show <contract>')
  .option('--json', 'print JSON')
  .action((id, flags) => withWorld('read', (world) => showContract(context, world, id, flags)));
contracts
  .command('check')
  .description('bundle and check every file under contracts/; needs no database')
  .option('--json', 'print JSON')
  .action(async (flags) => {
    process.exitCode = await checkContracts(context, flags);
  });

const replays = program.command('replays').description('replays of a history');
const scoped = (command: Command) =>
  command
    .requiredOption('--contract <contract>', 'the contract')
    .option('--version <n>', 'a registered version; the latest when left out')
    .option('--partitions <list>', 'only these partitions, for example 0,3')
    .option('--offsets <p:from-to...>', 'ranges of offsets; “to” is not read')
    .option('--from <instant>', 'from this instant on (ISO 8601 with a zone)')
    .option('--to <instant>', 'up to this instant, which is not read')
    .option('--keys <key...>', 'only these ordering keys')
    .option(
      '--waive <p:offset...>',
      'records that may be quarantined and the replay be trusted; needs an approval',
    )
    .option('--json', 'print JSON');
scoped(replays.command('plan').description('resolve a scope to offsets; nothing runs')).action((flags) =>
  withWorld('replay', (world) => planReplay(context, world, flags)),
);
scoped(
  replays
    .command('run')
    .description(
      'launch a replay, wait for its end, print what differs; with --json the evidence record too',
    ),
)
  .option('--reason <text>', 'stands in the evidence')
  .option('--rate <n>', 'at most so many events a second')
  .option('--review', 'have somebody approve it first, also where the contract does not ask for it')
  .action((flags) => withWorld('replay', (world) => runReplay(context, world, flags)));
replays
  .command('list')
  .option('--contract <contract>')
  .option('--limit <n>', 'at most so many')
  .option('--json', 'print JSON')
  .action((flags) => withWorld('read', (world) => listReplays(context, world, flags)));
replays
  .command('show <replay>')
  .option('--json', 'print JSON')
  .action((id, flags) => withWorld('read', (world) => showReplay(context, world, id, flags)));

program
  .command('states')
  .description('derived states against history')
  .command('diff <contract>')
  .option(
    '--replay <replay>',
    'against this replay; when left out, the latest finished one, those over the whole history and by the latest code first',
  )
  .option('--json', 'print JSON')
  .action((id, flags) => withWorld('read', (world) => diffStates(context, world, id, flags)));

const evidence = program.command('evidence').description('what replays have left behind');
evidence
  .command('list')
  .option('--contract <contract>')
  .option('--limit <n>', 'at most so many')
  .option('--json', 'print JSON')
  .action((flags) => withWorld('read', (world) => listEvidence(context, world, flags)));
evidence
  .command('show <evidence>')
  .option('--json', 'print the stored bytes')
  .option('--attachment <part>', 'print the whole of a part that is too long for the record, or its remarks')
  .action((id, flags) => withWorld('evidence', (world) => showEvidence(context, world, id, flags)));

evidence
  .command('export <evidence>')
  .description('write a record with all that a stranger needs to verify it, but the keys')
  .option('-o, --out <file>', 'where to; standard output when left out')
  .option(
    '--checkpoint <file...>',
    'checkpoints that were kept: the bundle proves that the log goes on from them',
  )
  .option('--cosigned', 'with a checkpoint that all configured witnesses have cosigned')
  .action((id, flags) => withWorld('evidence', (world) => exportEvidence(context, world, id, flags)));
evidence
  .command('verify <bundle>')
  .description('verify a bundle offline; needs no database')
  .requiredOption('--key <key...>', 'public keys from elsewhere than the bundle: PEM files or verifier keys')
  .option('--origin <name>', 'what the log is called, where the keys do not say it')
  .option('--checkpoint <file>', 'an earlier checkpoint that was kept')
  .option('--witness <key...>', 'verifier keys of witnesses who have to have cosigned')
  .option('--json', 'print JSON')
  .action(async (file, flags) => {
    process.exitCode = await verifyEvidence(context, file, flags);
  });

const witness = program
  .command('witness')
  .description(
    'watch an evidence log from elsewhere, and cosign what it never takes back; needs no database and no token',
  )
  .option('--log <address>', 'the log, as https://reprise.example/api/log')
  .option('--key <key...>', 'public keys of the log, from elsewhere than the log: PEM files or verifier keys')
  .option('--origin <name>', 'what the log is called, where the keys do not say it')
  .option('--state <folder>', 'where it keeps what it has seen')
  .option(
    '--key-file <file>',
    'its own private key, from reprise witness key; without one it cosigns nothing',
  )
  .option('--every <seconds>', 'look again and again, until it is stopped')
  .option('--once', 'look once; the default')
  .option('--no-hand-back', 'do not send the cosignature to the log')
  .option('--json', 'print JSON, a line for each look')
  .action(async (flags) => {
    process.exitCode = await witnessLog(context.output, flags);
  });
witness
  .command('key')
  .description('make a private key, and print its verifier key')
  .requiredOption('-o, --out <file>', 'where to; readable by you alone')
  .option('--name <name>', 'what the witness is called; the name of this machine when left out')
  .option('--json', 'print JSON')
  .action(async (_, command: Command) => {
    // The command above has a flag of this name, and takes it wherever it stands.
    process.exitCode = await makeWitnessKey(context.output, command.optsWithGlobals());
  });

evidence
  .command('erase')
  .description('erase keys and values, by key or by age, as the owner of the database; needs no token')
  .option('--contract <contract>', 'of this contract; by age of all when left out')
  .option('--key <key...>', 'these keys, and every text that names one')
  .option('--older-than <days>', 'everything of replays that have ended so many days ago')
  .requiredOption('--reason <text>', 'why; it is kept, and stands where values were')
  .option('--dry-run', 'say what would be erased, and erase nothing')
  .option('--json', 'print JSON')
  .action(async (flags) => {
    const { eraseEvidence } = await import('./reprise/erase.ts');
    process.exitCode = await eraseEvidence(context.output, flags);
  });

evidence
  .command('retire-place <place>')
  .description(
    'end what audits found of a place that keeps no checkpoints any more, as the owner of the database',
  )
  .requiredOption('--reason <text>', 'why; it is kept in the audit')
  .option('--json', 'print JSON')
  .action(async (place, flags) => {
    const { retirePlace } = await import('./reprise/retire-place.ts');
    process.exitCode = await retirePlace(context.output, place, flags);
  });

const promotions = program.command('promotions').description('corrections of derived states');
promotions
  .command('list')
  .option('--contract <contract>')
  .option('--limit <n>', 'at most so many')
  .option('--json', 'print JSON')
  .action((flags) => withWorld('read', (world) => listPromotions(context, world, flags)));
promotions
  .command('migration <contract> <derived-state>')
  .description('print what a target needs before anything can be promoted into it: SQL, or commands of Kafka')
  .requiredOption('--role <role>', 'the role, or Kafka user, that Reprise promotes with')
  .option('--json', 'print JSON')
  .action((id, state, flags) =>
    withWorld('read', (world) => printMigration(context, world, id, state, flags)),
  );

const runbooks = program.command('runbooks').description('what to do when something fails');
runbooks
  .command('list')
  .option('--json', 'print JSON')
  .action((flags) => withWorld('read', (world) => listRunbooks(context.output, world, flags)));
runbooks
  .command('show <runbook>')
  .option('--version <digest>', 'as it was; the current version when left out')
  .option('--json', 'print JSON')
  .action((id, flags) => withWorld('read', (world) => showRunbook(context.output, world, id, flags)));
runbooks
  .command('check [file...]')
  .description('check these files, or every file under runbooks/; needs no database')
  .option('--json', 'print JSON')
  .action(async (files, flags) => {
    process.exitCode = await checkRunbooks(context, files, flags);
  });

const reviews = program.command('reviews').description('what was looked back on after incidents');
reviews
  .command('list')
  .option('--contract <contract>')
  .option('--status <status>', 'draft, complete, signed, or unsigned: those that are not signed')
  .option('--limit <n>', 'at most so many')
  .option('--json', 'print JSON')
  .action((flags) => withWorld('read', (world) => listReviews(context.output, world, flags)));
reviews
  .command('show <review>')
  .option('--json', 'print JSON')
  .action((id, flags) => withWorld('read', (world) => showReview(context.output, world, id, flags)));
reviews
  .command('export <review>')
  .description('write a review as a file; as zip with the evidence that it stands on')
  .requiredOption('--as <format>', 'md, pdf, json or zip')
  .option('--revision <n>', 'a signed revision; as it stands when left out')
  .option('-o, --out <file>', 'where to; standard output when left out, but for pdf and zip')
  .action((id, flags) => withWorld('evidence', (world) => exportReview(context.output, world, id, flags)));

program
  .command('archive')
  .description('archives of a history')
  .command('write <contract>')
  .option('--json', 'print JSON')
  .action((id) =>
    withWorld('replay', async (world) => {
      context.output.out(json(await world.writeArchive(id, world.actor.id)));
      return exitCodes.good;
    }),
  );

program
  .command('people')
  .description('who may sign in')
  .command('first-administrator')
  .description('print the secret of the link that makes the first administrator; needs no token')
  .option('--json', 'print JSON')
  .action(async (flags) => {
    const { inviteFirst } = await import('./reprise/people.ts');
    process.exitCode = await inviteFirst(context.output, flags);
  });

program
  .command('migrate')
  .description(
    'bring the database to the newest schema, as its owner (REPRISE_OWNER_DATABASE_URL); needs no token',
  )
  .option('--json', 'print JSON')
  .action(async (flags) => {
    // What applies migrations is large, and of no use to any other command.
    const { migrateNow } = await import('./reprise/migrate.ts');
    process.exitCode = await migrateNow(context.output, flags);
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}

/**
 * A refusal is its sentence, and so is a database that can't be reached; commander has said its own; anything else is
 * a fault of ours and shows where.
 */
function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.good : exitCodes.notDone;
  if (error instanceof RepriseError)
    terminal.err(`${error.message}${error.where ? ` (${error.where})` : ''}`);
  else
    terminal.err(
      databaseFault(error) ?? (error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
  return exitCodes.notDone;
}
