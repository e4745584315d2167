/** Every bound in one table: queues, caches, payloads, waits. Units are in the names. */

export const limits = {
  /** Log. */
  eventPayloadBytesMax: 32 * 1024,
  eventTextLengthMax: 512,
  /** `subject:ID` is an event's source. */
  subjectIdLengthMax: 500,
  eventClassesMax: 64,
  logAppendQueueMax: 50_000,
  logBatchMax: 2_000,
  logReadMax: 1_000,
  /** How long a write waits for another process that writes to the same log. */
  logBusyMs: 5_000,
  /** How often followers look for what other processes wrote. */
  logPollMs: 1_000,
  /** A larger log is not read through when it is opened after a crash. */
  logCheckBytesMax: 256 * 1024 * 1024,
  /** Lineage. */
  lineageBatchMax: 1_000,
  lineageDepthMax: 50,
  lineageNodesMax: 10_000,
  lineageReadMax: 1_000,
  /** Pages of records that one question reads to find those that its subject sees. */
  platformPagesMax: 20,
  /** How long a write waits for another process that writes to the same store. */
  lineageBusyMs: 5_000,
  lineageRetryMs: 1_000,
  lineageRetryMsMax: 30_000,
  /** Processes. */
  executionTimeoutMs: 30_000,
  executionsQueuedMax: 1_000,
  /** How often an execution whose worker ended is run again before it is taken for the cause. */
  executionRepeatsMax: 3,
  workerMemoryMb: 256,
  /** All of a worker's memory, buffers too; looked after where the system tells (Linux). */
  workerResidentMb: 640,
  workersPerDomain: 1,
  workerStartMs: 15_000,
  workerExecutionsMax: 32,
  /** How long a worker may take to answer that it stopped an execution. */
  workerGraceMs: 500,
  workerPingMs: 250,
  /** A worker that does not answer for so long holds its event loop: it is given no further executions. */
  workerStallMs: 2_000,
  workersInQuarantineMax: 2,
  /** Deaths in a row, of workers that finished nothing, after which the next one starts only when it is needed. */
  workerDeathsMax: 3,
  agentCallsMax: 1_000,
  sqlConnectionsMax: 4,
  sqlMemoryMb: 1_024,
  sqlTextsMax: 1_000,
  /** A CSV file up to this size is read once, into memory; a larger one at every query. */
  sqlTableBytesMax: 32 * 1024 * 1024,
  recordsQueuedMax: 10_000,
  recordsRetryMs: 1_000,
  subgraphDocumentsMax: 1_000,
  entityBatchMax: 1_000,
  agentRowsMax: 100_000,
  /** Surveys that one simulation makes to find what would change a verdict. */
  simulatedSurveysMax: 1_000,
  /** Operations recorded to be replayed: different ones of a file, its size, one of them, those that wait to be written, and documents known by their text. */
  recordingsMax: 10_000,
  recordingsBytesMax: 64 * 1024 * 1024,
  recordingBytesMax: 64 * 1024,
  recordingsQueuedMax: 1_000,
  recordingsFlushMs: 250,
  recordedDocumentsMax: 200,
  /** Gateway. */
  requestBodyBytesMax: 1024 * 1024,
  /** How long the head of a client's request may take to come, and the whole of it. */
  requestHeadMs: 10_000,
  requestBodyMs: 30_000,
  /** How often requests that are coming are looked at. */
  requestSweepMs: 500,
  documentTokensMax: 15_000,
  documentDepthMax: 50,
  documentAliasesMax: 100,
  documentRootFieldsMax: 50,
  documentDirectivesMax: 100,
  /** Brackets in one another beyond two for each level of fields. */
  documentNestingMax: 100,
  /** Lists and objects in one another, in variables. */
  inputDepthMax: 50,
  /** Items of one list in variables. */
  inputListItemsMax: 10_000,
  /** Items that a list is taken to have where nothing says how many. */
  costListSize: 10,
  /** Selections once every fragment stands where it is spread. */
  documentSelectionsMax: 20_000,
  /** Fragments with `@defer` once every fragment stands where it is spread. */
  documentDefersMax: 50,
  documentCacheBytesMax: 64 * 1024 * 1024,
  /** How long one operation may be planned; nothing else is done meanwhile. */
  planMs: 1_000,
  /** How long where it can be planned in another way as well. */
  planFirstMs: 250,
  /** An operation that could not be planned is tried again after no longer than this. */
  planRefusedMs: 60_000,
  /** Plans of one operation of which the best is taken. */
  plansComparedMax: 1_000,
  /** Texts that clients have named by a hash. */
  persistedQueriesBytesMax: 16 * 1024 * 1024,
  /** Operations of one request; one: lists are refused. */
  requestOperationsMax: 1,
  requestTimeoutMs: 30_000,
  /** How often deadlines of requests under way are looked at. */
  requestDeadlineSweepMs: 25,
  /** How long a client's connection is kept between two requests, and beyond that for one that is on its way. */
  requestIdleMs: 5_000,
  requestIdleGraceMs: 1_000,
  /** Requests of one connection that are answered at a time; those behind wait unread. */
  laneRequestsMax: 32,
  /** Of requests that the lane reads; larger ones are read by `node:http`. */
  laneHeadBytesMax: 8 * 1024,
  laneFieldsMax: 100,
  /** In how many pieces one may come. */
  lanePiecesMax: 64,
  /** Texts of request bodies whose parameters are kept, and how long one may be. */
  laneBodiesBytesMax: 4 * 1024 * 1024,
  laneBodyLengthMax: 8 * 1024,
  /** Of answers that several get at once: longer ones are made into bytes once for all. */
  laneSharedBytesMin: 16 * 1024,
  /** Of the request that each connection keeps to know it again. */
  laneLastBytesMax: 4 * 1024,
  subgraphTimeoutMs: 10_000,
  subgraphResponseBytesMax: 16 * 1024 * 1024,
  subgraphConnectionsMax: 64,
  /** Queries written to one connection together, before the first is answered. */
  subgraphPipelineMax: 8,
  /** A pipelined answer that comes so much later than the one before it shows that the subgraph works in sequence. */
  subgraphPipelineGapMs: 4,
  /** Queries behind one that is not answered for so long are sent again on connections of their own. */
  subgraphPipelineStallMs: 100,
  /** Calls of one subgraph that wait for a connection. */
  subgraphCallsQueuedMax: 10_000,
  subgraphHeadBytesMax: 16 * 1024,
  /** Retries that a subgraph's calls have not paid for yet: to begin with, and at most. */
  subgraphRetriesFirst: 10,
  subgraphRetriesSavedMax: 100,
  /** The longest wait before a first retry; doubles with each. */
  subgraphRetryWaitMs: 50,
  subgraphRetryWaitMsMax: 1_000,
  /** A subgraph's answer of so many characters is looked at before it is parsed: how deep it goes, how much is in it. */
  jsonLookedAtMin: 1024 * 1024,
  jsonDepthMax: 1_000,
  /** Lists and objects in it. */
  jsonContainersMax: 1_000_000,
  /** Errors that one answer of a subgraph reports; what comes after them is left out. */
  subgraphErrorsMax: 1_000,
  /** Characters of such an error's message, and of what else of it is taken over; longer texts are cut. */
  subgraphErrorLengthMax: 1_024,
  /** Keys of such an error's path. */
  subgraphErrorPathMax: 100,
  /** Errors that an answer gets for values that are not as they should be. */
  answerErrorsMax: 1_000,
  /** How often errors are looked through for one that explains a null. */
  answerErrorLooksMax: 5_000_000,
  /** A connection at rest for longer is not used again: the far side may be about to close it. */
  subgraphIdleMs: 4_000,
  /** How often deadlines of calls under way are looked at. */
  subgraphSweepMs: 25,
  /** Subscriptions under way of one subgraph; each has a connection of its own. */
  subgraphStreamsMax: 10_000,
  /** Of events that came of a subgraph and were not taken: no more are read until they are. */
  subgraphEventsBytesMax: 256 * 1024,
  /** Supergraphs. */
  supergraphBytesMax: 64 * 1024 * 1024,
  supergraphPollMs: 10_000,
  /** A supergraph's URL that cannot be had is asked ever more seldom, down to this. */
  supergraphBackoffMsMax: 120_000,
  supergraphTimeoutMs: 10_000,
  /** How long a file has to be at rest before it is read again. */
  supergraphSettleMs: 100,
  /** How often a file is looked at where the system does not tell of changes. */
  supergraphLookMs: 2_000,
  /** Operations that are planned on a new supergraph before it is in service, and how long that may take. */
  supergraphWarmMax: 100,
  supergraphWarmMs: 10_000,
  /** The same where the files of policy changed: whoever loses something by that is not to keep it for long. */
  policyWarmMs: 500,
  /** Requests in a row that an operation's program could not answer: its subgraphs write otherwise than it expects. */
  spliceMissesMax: 100,
  /** Texts of values of which it is remembered how one mask shows them. */
  spliceTextsMax: 10_000,
  /** Of which it is remembered whether a row is there for one subject. */
  spliceRowTextsMax: 200,
  /** What subjects see, by what the rules read of them; whoever sees the same has one view. */
  viewsMax: 1_000,
  /** Row conditions, as they are left when it is known who asks. */
  rowConditionsMax: 2_000,
  /** Of those that read the time, which are others a moment later. */
  rowConditionsPassingMax: 100,
  /** Schemas without what their subjects are denied: those that were asked for last. */
  visibleSchemasMax: 100,
  /** Types that names of inputs are held against, place by place; beyond, a name tells of any field that bears it. */
  inputLooksMax: 50_000,
  /** Different reads that wait for the log; more are left out. */
  accessRecordsMax: 10_000,
  accessFlushMs: 250,
  /** Requests on which policy did more than allow and that wait for the log; until there is room, more such requests wait. */
  accessDecisionsMax: 10_000,
  accessDecisionsFlushMs: 20,
  /** How soon the log is asked again that did not take records. */
  accessRetryMs: 1_000,
  /** Of the coordinates in one record; the others go to more records. */
  accessCoordinatesBytesMax: 8 * 1024,
  /** How often the end of a chain of audit is written down. */
  auditHeadMs: 250,
  /** How long a chain of audit is waited for that somebody else may be about to let go. */
  auditClaimMs: 50,
  /** Of an audit that found more, the first are told. */
  auditFindingsMax: 100,
  /** Changes that one record of changed policy lists. */
  policyChangesMax: 50,
  subscriptionsPerSocketMax: 100,
  socketInitMs: 3_000,
  /** How long the far side of a WebSocket may take to say goodbye. */
  socketGoodbyeMs: 1_000,
  streamHeartbeatMs: 12_000,
  tokensCachedMax: 1_000,
  /** How often the clock is looked at for the end of a token that a stream was begun with. */
  expiryLookMs: 30_000,
  tokenCacheMs: 600_000,
  /** Characters of one token. */
  tokenLengthMax: 16 * 1024,
  /** Keys of an issuer: how long they count as new, and how long they hold where there are no newer ones to be had. */
  keysFreshMs: 600_000,
  keysKeptMs: 3_600_000,
  /** A key id that is not among them has them read again, no sooner than this after they were read; a failure, than that. */
  keysCoolDownMs: 30_000,
  keysRetryMs: 5_000,
  keysTimeoutMs: 5_000,
  keysBytesMax: 1024 * 1024,
  /** How long a subgraph may take a context for what it says, and how long one is sent before another is signed. */
  contextMs: 30_000,
  contextReuseMs: 15_000,
  /** By how much the clocks of a gateway and a subgraph may differ. */
  contextLeewayMs: 2_000,
  /** Of one subgraph, the contexts that are kept to be sent again. */
  contextsCachedMax: 1_000,
  /** How long a gateway signs with a key that it made itself. */
  contextKeyMs: 24 * 60 * 60 * 1_000,
  /** Keys of a gateway are fetched anew for one that is not known, at most so often. */
  contextKeysCoolDownMs: 1_000,
  /** Row filters that a process keeps ready. */
  filtersCachedMax: 1_000,
  healthProbeMs: 2_000,
  drainMs: 10_000,
  drainSweepMs: 50,
} as const;
