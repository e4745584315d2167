/** Every bound in one table: queues, caches, payloads, waits. Units are in the names. */

export const limits = {
  /** Log. */
  eventPayloadBytesMax: 32 * 1024,
  eventTextLengthMax: 512,
  logAppendQueueMax: 50_000,
  logBatchMax: 2_000,
  logReadMax: 1_000,
  /** Lineage. */
  lineageBatchMax: 1_000,
  lineageDepthMax: 50,
  lineageNodesMax: 10_000,
  lineageRetryMs: 1_000,
  /** Processes. */
  executionTimeoutMs: 30_000,
  executionsQueuedMax: 1_000,
  executionsKeptMax: 10_000,
  workerMemoryMb: 256,
  workersPerDomain: 1,
  workerStartMs: 15_000,
  entityBatchMax: 1_000,
  agentRowsMax: 100_000,
  /** Gateway. */
  requestBodyBytesMax: 1024 * 1024,
  documentTokensMax: 15_000,
  documentDepthMax: 50,
  documentAliasesMax: 100,
  documentRootFieldsMax: 50,
  /** Selections once every fragment stands where it is spread. */
  documentSelectionsMax: 20_000,
  documentCacheBytesMax: 64 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  subgraphTimeoutMs: 10_000,
  subgraphResponseBytesMax: 16 * 1024 * 1024,
  subgraphConnectionsMax: 64,
  accessRecordsMax: 10_000,
  accessFlushMs: 250,
  subscriptionQueueMax: 1_000,
  subscriptionsPerSocketMax: 100,
  socketInitMs: 3_000,
  streamHeartbeatMs: 12_000,
  tokensCachedMax: 1_000,
  tokenCacheMs: 600_000,
  keysRetryMs: 5_000,
  healthProbeMs: 2_000,
  drainMs: 10_000,
  drainSweepMs: 50,
} as const;
