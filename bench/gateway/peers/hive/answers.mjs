/** Hive Gateway with leave to execute identical requests under way once, which it has not by default. */
export const gatewayConfig = { inboundInflightRequestDeduplication: true };
