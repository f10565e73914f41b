/** The rooms and who may import whom. Every rule is an error: a boundary that only warns is not one. */
const domainRooms = [
  'access',
  'contract',
  'replay',
  'reconciliation',
  'evidence',
  'attestation',
  'log',
  'verification',
  'approval',
  'promotion',
  'erasure',
  'budget',
  'deliveries',
  'incident',
  'dead-letters',
  'runbook',
  'review',
  'saga',
  'approval',
  'notice',
  'lag',
];
const drivers =
  '^node_modules/(better-auth|pdfkit|fontkit|fflate|otplib|uqr|openid-client|@simplewebauthn/server|kafkajs|@platformatic|pg|pg-boss|pg-copy-streams|@prisma|@opentelemetry|libpg-query|esbuild|pino|nodemailer|@kafkajs|lz4-napi|snappyjs)';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'server-only is a name that Next itself resolves.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^server-only$' },
    },
    ...domainRooms.map((room) => ({
      name: `domain-${room}-through-index`,
      severity: 'error',
      comment: 'Another domain room is entered by its index only.',
      from: { path: `^server/domain/(?!${room}/|test-kit/)[^/]+/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^server/domain/${room}/(?!index\\.ts$)` },
    })),
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'What tests share may take the real SHA-256 and Ed25519, as tests do.',
      from: { path: '^server/domain/', pathNot: '(\\.test\\.ts$|^server/domain/test-kit/)' },
      to: { pathNot: '^(server/domain/|node_modules/(zod|canonicalize|node-diff3)/)' },
    },
    {
      name: 'application-knows-domain-and-ports',
      severity: 'error',
      from: { path: '^server/application/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^(server/domain/|server/application/|node_modules/zod/)' },
    },
    {
      name: 'adapters-know-domain-ports-and-their-driver',
      severity: 'error',
      from: { path: '^server/adapters/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^(server/(api|workers|composition|env)|server/application/(?!ports/)|app|components|demo|cli|bench)',
      },
    },
    {
      name: 'an-adapter-never-imports-another',
      severity: 'error',
      from: { path: '^server/adapters/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^server/adapters/([^/]+)/', pathNot: '^server/adapters/$1/' },
    },
    {
      name: 'drivers-only-in-adapters',
      severity: 'error',
      from: {
        path: '^(app|components|contracts|server/(domain|application|api|workers))',
        pathNot: '\\.test\\.ts$',
      },
      to: { path: drivers },
    },
    {
      name: 'api-knows-application-and-domain',
      severity: 'error',
      from: { path: '^server/api/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(server/(adapters|workers|composition|env)|app|components|demo|cli|bench)' },
    },
    {
      name: 'workers-know-application',
      severity: 'error',
      from: { path: '^server/workers/', pathNot: '(\\.test\\.ts|/main\\.ts|-thread\\.ts)$' },
      to: { path: '^(server/(adapters|api|composition|env)|app|components|demo|cli|bench)' },
    },
    {
      name: 'composition-knows-no-door',
      severity: 'error',
      from: { path: '^server/composition/' },
      to: { path: '^(server/(api|workers)|app|components|demo|cli|bench)' },
    },
    {
      name: 'app-decides-nothing',
      severity: 'error',
      from: { path: '^app/(?!_trpc|api/)' },
      to: { path: '^server/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'components-take-only-types-from-the-server',
      severity: 'error',
      from: { path: '^components/' },
      to: {
        path: '^server/',
        pathNot:
          '(\\.schema\\.ts$|^server/domain/(shared|evidence|attestation|log|verification)/|^server/domain/review/(change-words|fact-lines|laid-out|may-export|merge|sections|span-words)\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'a-feature-never-imports-a-feature',
      severity: 'error',
      comment:
        'What several features say in the same words (verdicts, scopes, causes) stands in components/vocabulary.',
      from: { path: '^components/([^/]+)/', pathNot: '^components/(ui|charts|shell)/' },
      to: { path: '^components/([^/]+)/', pathNot: '^components/(ui|charts|vocabulary|$1)/' },
    },
    {
      name: 'primitives-know-no-feature',
      severity: 'error',
      from: { path: '^components/(ui|charts)/' },
      to: { path: '^(server/|components/(?!ui/|charts/)|app/)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'contracts-see-the-public-surface-only',
      severity: 'error',
      from: { path: '^contracts/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^(contracts/|server/domain/contract/define\\.ts$|node_modules/zod/)' },
    },
    {
      name: 'nothing-imports-demo-cli-bench',
      severity: 'error',
      from: { path: '^(app|components|server|contracts)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(demo|cli|bench|e2e)/' },
    },
    {
      name: 'no-server-only-below-the-worker',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: 'server-only' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(\\.next|\\.reprise|prisma/generated)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
