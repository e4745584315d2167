/** Hive Gateway as it comes: identical upstream calls under way are sent once, and no header is forwarded. */
export const gatewayConfig = {};
