/** Hive Gateway with the caller's identity forwarded, which makes every upstream call one of its own. */
export const gatewayConfig = {
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') }),
  },
};
